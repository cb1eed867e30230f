#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libexec/base/result.hpp"
#include "libexec/model/explorer.hpp"
#include "libexec/model/order_event.hpp"

namespace libexec {

/// The `data` object of an event, as it is stored. What is sent has in addition `explorerUrl` beside each
/// `txHash`, where an explorer is given.
/// Shape:  one JSON object; which members it has depends on kind and status alone.
/// Unit:   money in token units with every decimal of the mint, so the text carries the decimals too.
std::string encode_event_data(const OrderEvent& event);

/// The reverse of `encode_event_data`: what comes back is encoded as the same text again. Only the quotes of
/// `BuildingData::decision` are in brief there, so of that decision nothing but venues and amounts comes
/// back. Errors: `internal` saying what is wrong with the text; it was not written by `encode_event_data`.
Result<EventData> decode_event_data(EventKind kind, OrderStatus status, std::uint32_t seq,
                                    std::string_view text);

/// The whole envelope of one event. The words that clients of the older systems read at the top level
/// (`dexUsed`, `chosenDex`, `executedPrice`, `txHash`, `error`, `failureReason`) are repeated there.
std::string encode_event(const OrderEvent& event, const Explorer& explorer = {});

/// `{"events":[...],"lastSeq":N}`; `last_seq` is the order's, not the list's.
std::string encode_events(const std::vector<CommittedEvent>& events, std::uint32_t last_seq,
                          const Explorer& explorer = {});

/// The first message of a stream that starts from the beginning: where the order stands and how it came
/// there. `events` are all events so far, at least one.
std::string encode_snapshot(const std::vector<CommittedEvent>& events, const Explorer& explorer = {});

/// A failure as stored beside its order: `code`, `title`, `detail`, `hint`, `retryable`, `fundsMoved`,
/// `txHash`.
std::string encode_failure(const Failure& failure);
/// Errors: `internal` when the text was not written by `encode_failure`.
Result<Failure> decode_failure(std::string_view text);

/// A decision by itself, with every quote and silence; the element of `/routing`.
std::string encode_decision(const RoutingDecision& decision);
/// Errors: `internal` when the text was not written by `encode_decision`.
Result<RoutingDecision> decode_decision(std::string_view text);

}  // namespace libexec
