// What the pages ask the server for, with their cache keys.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { buildInfo, firstData, search, tagNames, tagValues, traceById } from '../api/client';
import type { SearchRequest } from '../api/types';
import { kDefaultRange, resolveRange } from '../url/codec';

// The live line follows the counters at this distance.
const kFirstDataMs = 1000;
// Suggestions are fresh enough for this long.
const kSuggestionsMs = 30_000;

export function useFirstData() {
  return useQuery({
    queryKey: ['first-data'],
    queryFn: ({ signal }) => firstData(signal),
    refetchInterval: kFirstDataMs,
    gcTime: 0,
  });
}

/** Searches; another `attempt` asks again for the same. */
export function useSearch(request: SearchRequest, attempt = 0, isWanted = true) {
  return useQuery({
    queryKey: ['search', request, attempt],
    queryFn: ({ signal }) => search(request, signal),
    placeholderData: keepPreviousData,
    enabled: isWanted,
  });
}

/**
 * The newest traces: of the last hour, which is quickly answered however much is stored, or when
 * there are none, of any time.
 */
export function useRecentTraces(limit: number) {
  const [now] = useState(() => Date.now());
  const newest = useSearch({ query: '{}', limit, range: resolveRange(kDefaultRange, now) });
  const isQuiet = newest.data?.length === 0;
  const older = useSearch({ query: '{}', limit, range: null }, 0, isQuiet);
  return isQuiet ? older : newest;
}

export function useTraceById(traceId: string, isWanted: boolean) {
  return useQuery({
    queryKey: ['trace', traceId],
    queryFn: ({ signal }) => traceById(traceId, signal),
    enabled: isWanted,
    // Spans of one resource share it; comparing with the old answer would make copies.
    structuralSharing: false,
  });
}

export function useTagValues(identifier: string, isWanted: boolean) {
  return useQuery({
    queryKey: ['tag-values', identifier],
    queryFn: ({ signal }) => tagValues(identifier, signal),
    enabled: isWanted,
    staleTime: kSuggestionsMs,
  });
}

export function useTagNames(isWanted: boolean) {
  return useQuery({
    queryKey: ['tag-names'],
    queryFn: ({ signal }) => tagNames(signal),
    enabled: isWanted,
    staleTime: kSuggestionsMs,
  });
}

export function useBuildInfo() {
  return useQuery({
    queryKey: ['build-info'],
    queryFn: ({ signal }) => buildInfo(signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}
