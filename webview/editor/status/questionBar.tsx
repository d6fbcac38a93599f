import { useEffect, useRef } from 'preact/hooks';
import { Button, type ButtonElement } from '../../toolkit';
import type { Editor } from '../editor';
import type { Question } from '../state/store';

/** What must be answered before an edit is carried out. Nothing is changed by whatever key is pressed next. */
export function QuestionBar({ editor }: { readonly editor: Editor }) {
  const question = editor.store.question.value;
  return question ? <Asked question={question} /> : null;
}

function Asked({ question: { text, yes, no, answer } }: { readonly question: Question }) {
  const leave = useRef<ButtonElement>(null);
  useEffect(() => {
    const frame = requestAnimationFrame(() => leave.current?.focus());
    return () => cancelAnimationFrame(frame);
  }, []);
  return (
    <div class="question" role="alertdialog" aria-label={text}>
      <span>{text}</span>
      <Button kind="primary" onClick={() => answer(true)}>
        {yes}
      </Button>
      <Button elementRef={leave} title={`${no} (Esc)`} onClick={() => answer(false)}>
        {no}
      </Button>
    </div>
  );
}
