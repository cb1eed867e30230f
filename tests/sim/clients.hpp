#pragma once

#include <memory>
#include <vector>

#include "sim/node.hpp"

namespace libexec::simulation {

/// The traders: each places one order under a key, repeats itself until somebody acknowledges it, and then
/// asks again, asks for something else under the same key, cancels, or follows, at any node.
class Clients {
public:
    Clients(Shared& shared, std::vector<std::unique_ptr<Node>>& nodes);
    ~Clients();

    void start();
    /// Nobody waits for anything any more.
    bool done() const;

private:
    class Trader;
    class Follower;

    /// A node that is up, or nothing.
    Node* pick();

    Shared& shared_;
    std::vector<std::unique_ptr<Node>>& nodes_;
    std::vector<std::shared_ptr<Trader>> traders_;
    std::vector<std::shared_ptr<Follower>> followers_;
    std::uint64_t open_ = 0;
};

}  // namespace libexec::simulation
