#pragma once

#include <cstdint>

#include "../end_counts.hpp"
#include "../sql.hpp"

namespace libexec {

/// What one start of a node has done so far: its row of `nodes`.
struct NodeCounts : EndCounts {
    std::uint64_t commits = 0;
    std::uint64_t last_number = 0;
    std::uint64_t accepted = 0;
};

/// The slots between those counts and the row.
struct NodeRow {
    static constexpr const char* columns =
        "commits, last_number, accepted, confirmed, failed, cancelled, expired";

    NumberSlot commits, last_number, accepted, confirmed, failed, cancelled, expired;

    void put(const NodeCounts& counts) {
        commits.set(counts.commits);
        last_number.set(counts.last_number);
        accepted.set(counts.accepted);
        confirmed.set(counts.confirmed);
        failed.set(counts.failed);
        cancelled.set(counts.cancelled);
        expired.set(counts.expired);
    }
    NodeCounts get() const {
        NodeCounts counts;
        counts.commits = commits.u64();
        counts.last_number = last_number.u64();
        counts.accepted = accepted.u64();
        counts.confirmed = confirmed.u64();
        counts.failed = failed.u64();
        counts.cancelled = cancelled.u64();
        counts.expired = expired.u64();
        return counts;
    }
    void bind(Statement& statement) {
        statement.in(commits, last_number, accepted, confirmed, failed, cancelled, expired);
    }
    void define(Statement& statement) {
        statement.out(commits, last_number, accepted, confirmed, failed, cancelled, expired);
    }
};

}  // namespace libexec
