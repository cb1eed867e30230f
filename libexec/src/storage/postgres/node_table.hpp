#pragma once

#include <chrono>
#include <string>

#include "../write_backend.hpp"
#include "node_row.hpp"

namespace libexec {

/// One start of a node, as the database knows it.
struct PgNode {
    std::string id;    ///< of this start
    std::string name;  ///< of the node
    std::chrono::microseconds lease;
};

/// The statements about the rows of `nodes`. Belongs to the writer's thread, and goes before its connection.
class PgNodeTable {
public:
    /// `now` is what counts as the time in every statement; null: the database's own. It outlives this.
    PgNodeTable(soci::session& session, const PgNode& node, NumberSlot& now);

    /// Makes this node's row if there is none.
    void add();
    /// This node's counts, once nobody writes them any more. Throws std::runtime_error when there is no row.
    NodeCounts lock();
    /// Returns what all other nodes have alive and the highest order number among them. Throws
    /// std::runtime_error when the row is gone: nobody has seen this node for a week.
    StoreStanding write(const NodeCounts& counts);
    /// The same of the others, without writing.
    StoreStanding others();
    /// Adds up the rows that nobody has written for a week and whose nodes hold nothing.
    void fold_old();

private:
    StoreStanding standing() const;

    NumberSlot& now_;
    TextSlot me_, my_name_;
    NumberSlot lease_, last_number_, live_, nodes_;
    NodeRow row_;
    Statement add_, lock_, write_, others_, fold_;
};

}  // namespace libexec
