import { useEffect, useState } from 'react';
import { texts } from '../../texts';
import { Button, IconButton } from '../Button/Button';
import type { IconName } from '../Icon/Icon';

// How long the button says that it has copied.
const kFeedbackMs = 1600;

type Outcome = 'idle' | 'copied' | 'failed';

/** Puts text on the clipboard. Returns false when the browser does not allow it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

// Pages that come over plain HTTP from another machine have no clipboard API.
function copyBySelection(text: string): boolean {
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'visually-hidden';
  const holder = document.activeElement;
  document.body.append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  if (holder instanceof HTMLElement) {
    holder.focus();
  }
  return done;
}

interface CopyButtonProps {
  /** What is copied; a function when making the text costs something. */
  text: string | (() => string);
  /** What the button does, for tooltip and assistive technology. */
  label: string;
  /** Shows the label; otherwise the button is an icon. */
  showLabel?: boolean;
  icon?: IconName;
  className?: string;
}

export function CopyButton({
  text,
  label,
  showLabel = false,
  icon = 'copy',
  className = '',
}: CopyButtonProps) {
  const [outcome, setOutcome] = useState<Outcome>('idle');
  useEffect(() => {
    if (outcome === 'idle') {
      return undefined;
    }
    const timer = setTimeout(() => setOutcome('idle'), kFeedbackMs);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async () => {
    setOutcome((await copyText(typeof text === 'string' ? text : text())) ? 'copied' : 'failed');
  };
  const shownIcon: IconName =
    outcome === 'copied' ? 'check' : outcome === 'failed' ? 'alert' : icon;
  const feedback =
    outcome === 'copied'
      ? texts.common.copied
      : outcome === 'failed'
        ? texts.common.copyFailed
        : null;
  return (
    <>
      {showLabel ? (
        <Button variant="quiet" icon={shownIcon} onClick={copy} className={className}>
          {label}
        </Button>
      ) : (
        <IconButton
          icon={shownIcon}
          label={feedback ?? label}
          aria-label={label}
          onClick={copy}
          className={className}
        />
      )}
      <span role="status" className="visually-hidden">
        {feedback}
      </span>
    </>
  );
}
