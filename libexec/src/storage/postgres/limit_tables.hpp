#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "columns.hpp"
#include "connection.hpp"
#include "libexec/engine/shared_limits.hpp"
#include "node_table.hpp"

namespace libexec {

/// The statements about limits that all nodes keep together. Nothing here needs to outlast a crash of the
/// server: the tables are unlogged and commits do not wait for the disk. Every method may throw what SOCI
/// throws.
class PgLimitTables {
public:
    /// Who follows what, from where.
    using Follower = std::pair<OrderId, std::string>;
    /// So many tokens of one bucket.
    struct Demand {
        std::uint32_t per_minute = 1;
        std::uint32_t tokens = 0;
    };
    struct Grant {
        std::uint32_t tokens = 0;
        std::chrono::microseconds missing{0};  ///< until the bucket is full again
    };

    PgLimitTables(const PgPlace& place, const PgNode& node);

    std::map<std::string, Grant> take(const std::map<std::string, Demand>& demands);
    /// Whether this node may have that many, when all together may have `most`; 0 gives its last one up.
    bool hold(const Follower& follower, std::uint32_t sockets, std::uint32_t most);
    /// What this node holds, whatever the tables say: after a connection was lost.
    void hold_exactly(const std::map<Follower, std::uint32_t>& held);
    /// Forgets full buckets and the followers of nodes that are gone.
    void tidy();

private:
    PgConnection connection_;
    TextSlot me_, key_, id_, address_;
    NumberSlot per_minute_, tokens_, missing_, sockets_, most_, lease_;
    PgColumns demands_, followers_;
    Statement begin_, commit_, rollback_;
    Statement take_, lock_, hold_, let_go_, forget_, restore_, tidy_buckets_, tidy_followers_;
};

}  // namespace libexec
