#pragma once

#include <memory>

#include "libexec/base/clock.hpp"
#include "libexec/base/task.hpp"
#include "libexec/base/timers.hpp"
#include "libexec/chain/rpc/subscriptions.hpp"
#include "libexec/solana/chain_reader.hpp"
#include "libexec/telemetry/log.hpp"
#include "libexec/telemetry/metrics.hpp"

namespace libexec {

/// What a watched reader works with. All of it outlives the coroutines on `executor`.
struct WatchedReaderParts {
    ChainReader& reader;  ///< asks the chain
    RpcSubscriptions& subscriptions;
    Executor executor;
    const Clock& clock;
    Timers& timers;
    Log& log;
    Metrics* metrics = nullptr;  ///< libexec_quote_reads_total; null: nothing is counted
};

/// A reader whose `recent_accounts` need not ask the chain each time: what was asked for is listened to, and
/// what was read is used again, for two seconds at the most, until a change is heard of or could have been
/// missed. Whoever asks for what is being read waits for the same answer. While somebody keeps asking, what a
/// change has made useless is read again unasked, four times a second for the whole reader at the most, and
/// not after a read that failed. Everything else is passed on.
///
/// When nothing can be listened to, each question goes to the chain. Listens to 400 accounts at the most.
std::unique_ptr<ChainReader> make_watched_reader(const WatchedReaderParts& parts);

}  // namespace libexec
