#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "libexec/chain/expiry_proof.hpp"
#include "sim/world.hpp"

namespace libexec::simulation {

/// What the checkers want to know of the chain.
class ChainWatch {
public:
    virtual ~ChainWatch() = default;
    /// Bytes leave a node.
    virtual void on_send(const Attempt& attempt) = 0;
    /// So many watchers of one node ask for this attempt at once.
    virtual void on_watched(const Attempt& attempt, int watchers) = 0;
    /// A node was told that this can never land.
    virtual void on_declared_dead(const Attempt& attempt) = 0;
};

/// The one chain, and its own book of what happened: the judge. Slots of 400 ms, heights below them by a
/// constant; a transaction may land whenever one of its copies arrives in time, well or with an error as is
/// drawn each time, and may be undone by a fork until its slot is final.
class JudgeChain {
public:
    static constexpr std::uint64_t first_slot = 300'000'000;
    static constexpr std::uint64_t skipped = 21'900'000;
    static constexpr std::uint64_t finality_lag = 5;
    static constexpr std::uint64_t validity = 15;

    struct Transaction {
        OrderId order;
        std::uint32_t attempt = 0;
        std::uint64_t last_valid_height = 0;
        std::uint64_t sends = 0;
        bool landed = false;
        bool ok = false;
        std::uint64_t slot = 0;
        std::uint64_t undone_in = 0;  ///< the slot from which a fork has it no more; 0: none
        Amount amount_in;
        Amount amount_out;
    };

    JudgeChain(World& world, ChainWatch& watch);

    std::uint64_t slot() const {
        return first_slot + static_cast<std::uint64_t>((world_.now() - world_.start()).count()) / 400'000;
    }
    /// Copies of a transaction that the network still carries.
    std::uint64_t on_its_way() const { return on_its_way_; }
    const std::map<std::string, Transaction>& transactions() const { return transactions_; }
    /// Whether it stands in the block of `at` or an earlier one, as seen when `at` was the newest slot.
    static bool stands(const Transaction& transaction, std::uint64_t at) {
        return transaction.landed && transaction.slot <= at &&
               (transaction.undone_in == 0 || transaction.undone_in > at);
    }

    // What the network does.
    void carry(const Attempt& attempt);
    Result<NodeHeight> height(std::size_t node);
    Result<NodeStatus> status(std::size_t node, const std::string& signature);
    Result<Anchor> anchor(std::size_t node);
    Observation look(std::size_t node, const std::string& signature);
    bool silent(std::size_t node);
    ChainWatch& watch() { return watch_; }
    static constexpr std::size_t nodes = 3;

private:
    std::uint64_t view(std::size_t node);
    void deliver(const std::string& signature);

    World& world_;
    ChainWatch& watch_;
    std::map<std::string, Transaction> transactions_;
    std::uint64_t on_its_way_ = 0;
    std::size_t liar_;
    std::size_t forgetful_;
    std::size_t silent_;
};

/// The chain as one node of ours reaches it: every call to one of its nodes takes time and may fail. Death is
/// proven by the real proof.
class ChainLine final : public Chain {
public:
    ChainLine(World& world, JudgeChain& chain, std::shared_ptr<Host> host);

    Task<Result<Anchor>> anchor() override;
    Task<Result<Done>> send(CommittedIntent intent) override;
    Task<Observation> observe(Attempt attempt) override;

private:
    World& world_;
    JudgeChain& chain_;
    std::shared_ptr<Host> host_;
    std::vector<std::shared_ptr<ChainNode>> nodes_;
    std::map<std::string, int> watchers_;
};

}  // namespace libexec::simulation
