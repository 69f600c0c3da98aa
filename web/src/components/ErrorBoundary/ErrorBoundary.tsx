import { Component, type ReactNode } from 'react';
import { texts } from '../../texts';
import { Button } from '../Button/Button';
import { EmptyState } from '../Message/Message';

interface State {
  readonly error: Error | null;
}

/** Shows a page's own fault instead of an empty window. */
export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render() {
    const { error } = this.state;
    if (error === null) {
      return this.props.children;
    }
    return (
      <EmptyState title={texts.failure.crashed} text={texts.failure.crashedHint}>
        <pre>{error.message}</pre>
        <Button icon="reload" onClick={() => window.location.reload()}>
          {texts.failure.reload}
        </Button>
      </EmptyState>
    );
  }
}
