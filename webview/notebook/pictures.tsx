import type { VNode } from 'preact';
import { addressInWords, type Open } from './open';
import type { OutputPicture, PicturesOutput } from '../../shared/protocol/notebook';

/** Frames with their masks; a click opens the video there. */
export function Pictures({ output, open }: { readonly output: PicturesOutput; readonly open: Open }): VNode {
  return (
    <ul class="pictures" aria-label="Pictures">
      {output.pictures.map((picture, n) => (
        <li key={n}>
          <figure>
            <button
              type="button"
              aria-label={addressInWords(picture)}
              disabled={!open}
              onClick={() => {
                const { video, frame, object } = picture;
                open?.({
                  kind: 'open',
                  root: output.root,
                  video,
                  frame,
                  ...(object === undefined ? {} : { object }),
                });
              }}
            >
              <Content {...picture} />
            </button>
            <figcaption>
              <span class="address">{`${picture.video}, frame ${picture.frame}`}</span>
              {picture.caption}
            </figcaption>
          </figure>
        </li>
      ))}
    </ul>
  );
}

function Content({ picture, video, frame }: OutputPicture): VNode {
  switch (picture.state) {
    case 'shown':
      return (
        <img
          src={picture.src}
          width={picture.width}
          height={picture.height}
          alt={`${video}, frame ${frame}, with masks`}
        />
      );
    case 'waiting':
      return <span class="waiting">…</span>;
    case 'failed':
      return <span class="failed">{picture.reason}</span>;
  }
}
