import type { Uri } from 'vscode';
import type { KernelSession } from '../../kernel/client/kernelClient';
import type { EditorRegistry } from '../editor/registry';
import type { HostRequests } from '../../shared/protocol/editor';
import { filePlace } from '../kernel/filePlace';
import type { KernelService } from '../kernel/kernelService';

type ImageRequest = HostRequests['frame/image'];

/** Pictures of a video's frames for whoever is not its editor: from the editor where there is one, else from the kernel. */
export class FrameImages {
  private session: Promise<KernelSession> | undefined;

  constructor(
    private readonly uri: Uri,
    private readonly kernel: KernelService,
    private readonly editors: EditorRegistry,
  ) {}

  /** @throws MaskletError as opening the video does */
  async image(params: ImageRequest[0], signal: AbortSignal): Promise<ImageRequest[1]> {
    const document = this.editors.documents.find((open) => open.uri.toString() === this.uri.toString());
    if (document) return await document.image(params, signal);
    this.session ??= this.open();
    const session = await this.session;
    const { frame, maxDimension, lossless } = params;
    const format = lossless ? 'webp-lossless' : 'jpeg';
    const { data, width, height } = await session.request(
      'frame/image',
      { frame, maxDimension, format },
      { signal },
    );
    return { data, width, height, mime: lossless ? 'image/webp' : 'image/jpeg' };
  }

  /** Lets go of the video, which opens again with the next picture. */
  async close(): Promise<void> {
    const session = this.session;
    this.session = undefined;
    await session?.then((open) => open.close()).catch(() => undefined);
  }

  private open(): Promise<KernelSession> {
    const session = this.kernel.open({ ...filePlace(this.uri), holder: 'VS Code', readOnly: true });
    // A video that could not be opened is tried again.
    session.catch(() => (this.session = undefined));
    return session;
  }
}
