import { Icon } from '../../icon';
import type { PropagationState } from '../../../shared/protocol/editor';
import { Button } from '../../toolkit';
import type { Editor } from '../editor';
import { formatDuration } from '../state/time';
import { FollowCheckbox } from './propagationControls';

const DIRECTION_WORDS = { forward: 'forward', backward: 'backward', both: 'both ways' } as const;

/** How far propagation is, and the way to stop it. */
export function PropagationProgress({
  editor,
  propagation,
}: {
  readonly editor: Editor;
  readonly propagation: PropagationState;
}) {
  const { direction, frame, done, total, secondsPerFrame, cancelling } = propagation;
  const words = DIRECTION_WORDS[direction];
  return (
    <div class="propagation" role="group" aria-label="Propagation">
      <Button
        kind="primary"
        disabled={cancelling}
        title="Stop; frames that are done are kept"
        onClick={() => void editor.actions.cancelPropagation()}
      >
        <Icon name="debug-stop" />
        <div class="button-text always">{cancelling ? 'Cancelling…' : 'Cancel'}</div>
      </Button>
      <progress
        class="propagation-bar"
        aria-label={`Propagating ${words}`}
        value={done}
        max={Math.max(1, total)}
      />
      <span class="propagation-text">
        <strong>
          {done} / {total}
        </strong>
        <span>{words}</span>
        {frame !== undefined && <span>frame {frame}</span>}
        {secondsPerFrame !== undefined && (
          <>
            <span>{secondsPerFrame.toFixed(secondsPerFrame < 1 ? 2 : 1)} s/frame</span>
            {!cancelling && done < total && (
              <span>{formatDuration((total - done) * secondsPerFrame)} left</span>
            )}
          </>
        )}
      </span>
      <FollowCheckbox editor={editor} />
    </div>
  );
}
