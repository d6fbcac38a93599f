import { Icon } from '../../icon';
import type { PropagationState } from '../../../shared/protocol/editor';
import { Button } from '../../toolkit';
import type { Editor } from '../editor';
import { HOST_COMMANDS, keyInWords } from '../../../shared/actions';
import { secondsLeft } from '../state/estimate';
import { formatDuration } from '../state/time';
import { FollowCheckbox } from './propagationControls';

const CANCEL_KEY = keyInWords(HOST_COMMANDS.cancelPropagation.keys[0]);
const DIRECTION_WORDS = { forward: 'forward', backward: 'backward', both: 'both ways' } as const;

/** How far propagation is, and the way to stop it. */
export function PropagationProgress({
  editor,
  propagation,
}: {
  readonly editor: Editor;
  readonly propagation: PropagationState;
}) {
  const { direction, frame, done, total, computed, secondsPerFrame, cancelling } = propagation;
  const document = editor.store.document.value;
  const left = document && !cancelling ? secondsLeft(document, propagation) : undefined;
  const words = DIRECTION_WORDS[direction];
  return (
    <div class="propagation" role="group" aria-label="Propagation">
      <Button
        kind="primary"
        why={cancelling ? 'Waiting for the frame that is being computed.' : undefined}
        title={`Stop; frames that are done are kept (${CANCEL_KEY})`}
        onClick={() => void editor.actions.cancelPropagation()}
      >
        <Icon name="debug-stop" />
        <div class="button-text always">{cancelling ? 'Cancelling…' : `Cancel (${CANCEL_KEY})`}</div>
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
        <span class="wide">{words}</span>
        {frame !== undefined && <span class="wide">frame {frame}</span>}
        {computed < done && <span>{computed} computed</span>}
        {secondsPerFrame !== undefined && (
          <span>{secondsPerFrame.toFixed(secondsPerFrame < 1 ? 2 : 1)} s/frame</span>
        )}
        {left !== undefined && left > 0 && <span>{formatDuration(left)} left</span>}
      </span>
      <FollowCheckbox editor={editor} />
    </div>
  );
}
