// webview/: pages inside VS Code; what they share.
/**
 * The one door to `@vscode/webview-ui-toolkit`, which is archived: should it have to go, only this file changes.
 */
import './cspNonce';
import {
  type Button as ButtonElement,
  type Checkbox as CheckboxElement,
  provideVSCodeDesignSystem,
  type TextField as TextFieldElement,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeProgressRing,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';
import { type ComponentChildren, h, type RefObject, type VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

provideVSCodeDesignSystem().register(
  vsCodeButton(),
  vsCodeCheckbox(),
  vsCodeProgressRing(),
  vsCodeTextField(),
);

export type { ButtonElement, TextFieldElement };

interface CommonProps {
  readonly class?: string | undefined;
  readonly title?: string | undefined;
  /** What a screen reader says, where that is not the text shown. */
  readonly label?: string;
  readonly disabled?: boolean;
  /** Why it does nothing now: it is disabled then, and its tooltip says this. */
  readonly why?: string | undefined;
}

export interface ButtonProps extends CommonProps {
  readonly kind?: 'primary' | 'secondary' | 'icon';
  readonly pressed?: boolean;
  readonly elementRef?: RefObject<ButtonElement | null>;
  readonly onClick: () => void;
  readonly children?: ComponentChildren;
}

export function Button({
  kind = 'secondary',
  pressed,
  onClick,
  children,
  elementRef,
  ...common
}: ButtonProps): VNode {
  const own = useRef<ButtonElement>(null);
  const ref = elementRef ?? own;
  useLayoutEffect(() => {
    // The element hands other attributes on to its inner button, but not this one.
    if (pressed !== undefined) ref.current?.control.setAttribute('aria-pressed', String(pressed));
  }, [pressed, ref]);
  return element(
    'vscode-button',
    {
      ...attributesOf(common),
      appearance: kind,
      onClick,
      ref,
    },
    children,
  );
}

export interface CheckboxProps extends CommonProps {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly children: ComponentChildren;
}

export function Checkbox({ checked, onChange, children, ...common }: CheckboxProps): VNode {
  return element(
    'vscode-checkbox',
    {
      ...attributesOf(common),
      checked,
      onChange: (event: Event) => {
        // The element reports changes made by the program, too.
        const now = (event.target as CheckboxElement).checked;
        if (now !== checked) onChange(now);
      },
    },
    children,
  );
}

export interface TextFieldProps extends CommonProps {
  readonly value: string;
  readonly elementRef?: RefObject<TextFieldElement | null>;
  readonly onKeyDown?: (event: KeyboardEvent, value: string) => void;
  readonly onBlur?: (value: string) => void;
  readonly inputMode?: 'numeric';
}

/** Selects the text, so that typing replaces it. */
export function selectText(field: TextFieldElement): void {
  field.focus();
  field.control.select();
}

/** A text field that is the user's own while it is edited: the value comes back with the events. */
export function TextField({
  value,
  elementRef,
  onKeyDown,
  onBlur,
  inputMode,
  ...common
}: TextFieldProps): VNode {
  const own = useRef<TextFieldElement>(null);
  const ref = elementRef ?? own;
  const { label } = common;
  useLayoutEffect(() => {
    // On connecting, the element names itself “Text field”.
    if (label !== undefined) ref.current?.setAttribute('aria-label', label);
  }, [label, ref]);
  return element('vscode-text-field', {
    ...attributesOf(common),
    value,
    ...(inputMode && { inputmode: inputMode }),
    ref,
    onKeyDown: (event: KeyboardEvent) => onKeyDown?.(event, valueOf(event)),
    onBlur: (event: FocusEvent) => onBlur?.(valueOf(event)),
  });
}

export function ProgressRing({ label }: { readonly label: string }): VNode {
  return element('vscode-progress-ring', { 'aria-label': label });
}

/** An element of the toolkit; `h`'s own types know only HTML's. */
function element(name: string, attributes: Record<string, unknown>, children?: ComponentChildren): VNode {
  return h<Record<string, unknown>>(name, attributes, children);
}

function attributesOf({ label, why, disabled, title, ...rest }: CommonProps): Record<string, unknown> {
  return {
    ...rest,
    disabled: disabled === true || why !== undefined,
    ...(title !== undefined && { title: withReason(title, why) }),
    ...(label !== undefined && { 'aria-label': label }),
  };
}

/** A tooltip that also says why the control does nothing now. */
export function withReason(title: string, why: string | undefined): string {
  return why === undefined ? title : `${title}\n${why}`;
}

function valueOf(event: Event): string {
  return (event.currentTarget as unknown as TextFieldElement).value;
}
