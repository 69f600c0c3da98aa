import { CSPProvider } from '@base-ui/react/csp-provider';
import { type QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { Link, Route, Switch, useLocation } from 'wouter';
import { ErrorBoundary } from './components/ErrorBoundary/ErrorBoundary';
import { EmptyState } from './components/Message/Message';
import { Shell } from './components/Shell/Shell';
import { ExplorePage } from './pages/explore/ExplorePage';
import { HomePage } from './pages/home/HomePage';
import { LocalTracePage, TracePage } from './pages/trace/TracePage';
import { texts } from './texts';

function NotFound() {
  return (
    <EmptyState title={texts.shell.notFoundTitle} text={texts.shell.notFoundText}>
      <Link href="/">{texts.shell.goHome}</Link>
    </EmptyState>
  );
}

function Pages() {
  const [location] = useLocation();
  return (
    // A page that failed is left behind with its address.
    <ErrorBoundary key={location}>
      <Switch>
        <Route path="/" component={HomePage} />
        <Route path="/explore" component={ExplorePage} />
        <Route path="/trace/:id">{(params) => <TracePage key={params.id} id={params.id} />}</Route>
        <Route path="/local/:id">
          {(params) => <LocalTracePage key={params.id} id={params.id} />}
        </Route>
        <Route component={NotFound} />
      </Switch>
    </ErrorBoundary>
  );
}

export function App({ client }: { client: QueryClient }) {
  return (
    // The content security policy forbids inline styles.
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={client}>
        <Shell>
          <Pages />
        </Shell>
      </QueryClientProvider>
    </CSPProvider>
  );
}
