#include "libexec/chain/expiry_proof.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "support/sim_time.hpp"

using namespace libexec;

namespace {

/// Writes down every question, and answers from the test's functions.
class ScriptedNode final : public ChainNode {
public:
    ScriptedNode(std::string name, std::vector<std::string>& asked) : name_(std::move(name)), asked_(asked) {}
    std::string_view name() const override { return name_; }

    Task<Result<NodeHeight>> finalized() override {
        asked_.push_back("height " + name_);
        co_return height();
    }
    Task<Result<NodeStatus>> status(std::string, std::uint64_t min_context_slot) override {
        asked_.push_back("status " + name_ + " " + std::to_string(min_context_slot));
        co_return has(min_context_slot);
    }

    std::function<Result<NodeHeight>()> height;
    std::function<Result<NodeStatus>(std::uint64_t)> has;

private:
    std::string name_;
    std::vector<std::string>& asked_;
};

NodeHeight at(std::uint64_t slot, std::uint64_t height) {
    NodeHeight said;
    said.slot = slot;
    said.height = height;
    return said;
}

NodeStatus status(bool found, std::uint64_t context_slot) {
    NodeStatus said;
    said.found = found;
    said.context_slot = context_slot;
    return said;
}

/// Three nodes past height 100 that have never seen the transaction.
struct Network {
    Network() {
        for (std::size_t i = 0; i < 3; ++i) {
            nodes.push_back(
                std::make_shared<ScriptedNode>(std::string(1, static_cast<char>('a' + i)), asked));
            nodes[i]->height = [i]() -> Result<NodeHeight> { return at(1'000 + i, 101 + i); };
            nodes[i]->has = [](std::uint64_t slot) -> Result<NodeStatus> { return status(false, slot); };
        }
    }
    ExpiryVerdict prove(std::uint64_t last_valid_height = 100) {
        return time.run(prove_expiry({nodes.begin(), nodes.end()}, "sig", last_valid_height));
    }
    std::string doubt(std::uint64_t last_valid_height = 100) {
        const ExpiryVerdict verdict = prove(last_valid_height);
        REQUIRE(std::holds_alternative<NotProven>(verdict));
        return std::get<NotProven>(verdict).why;
    }

    test::SimTime time;
    std::vector<std::string> asked;
    std::vector<std::shared_ptr<ScriptedNode>> nodes;
};

}  // namespace

TEST_SUITE("chain/expiry_proof") {
    TEST_CASE("heights beyond the end and then nothing known is a proof, and says who gave it") {
        Network network;
        const ExpiryVerdict verdict = network.prove();
        REQUIRE(std::holds_alternative<ProvablyDead>(verdict));
        CHECK(
            std::get<ProvablyDead>(verdict).evidence ==
            "finalized heights beyond 100, then unknown to each: a height 101 at slot 1000, status at slot "
            "1000; "
            "b height 102 at slot 1001, status at slot 1001; c height 103 at slot 1002, status at slot 1002");
    }

    TEST_CASE("every height is asked before any status, and each node is held to its own slot") {
        Network network;
        network.prove();
        CHECK(network.asked == std::vector<std::string>{"height a", "height b", "height c", "status a 1000",
                                                        "status b 1001", "status c 1002"});
    }

    TEST_CASE("a transaction that lands in its last block while we ask is not declared dead") {
        // The chain moves one height with every question. Asked the other way round, for the status first,
        // every node would still answer "unknown" and the heights would then be beyond the end.
        for (std::uint64_t start = 90; start < 110; ++start) {
            Network network;
            const std::uint64_t last_valid = 100;
            for (auto& node : network.nodes) {
                const auto height_now = [&asked = network.asked, start] { return start + asked.size(); };
                node->height = [=]() -> Result<NodeHeight> { return at(1'000 + height_now(), height_now()); };
                node->has = [=](std::uint64_t) -> Result<NodeStatus> {
                    return status(height_now() >= last_valid, 1'000 + height_now());
                };
            }
            CAPTURE(start);
            CHECK(std::holds_alternative<NotProven>(network.prove(last_valid)));
        }
    }

    TEST_CASE("the lowest height counts, and it must be beyond, not at, the end") {
        Network network;
        CHECK(network.doubt(101) == "the lowest finalized height is 101, not beyond 101");
        CHECK(network.asked.size() == 3);  // no status was asked for
        network.nodes[2]->height = []() -> Result<NodeHeight> { return at(900, 50); };
        CHECK(network.doubt() == "the lowest finalized height is 50, not beyond 100");
    }

    TEST_CASE("a node that takes slots for heights is not believed, and one witness is not enough") {
        Network network;
        for (std::size_t liars = 1; liars <= 2; ++liars) {
            network.nodes[liars - 1]->height = []() -> Result<NodeHeight> { return at(1'000, 1'000); };
            const ExpiryVerdict verdict = network.prove();
            CHECK(std::holds_alternative<ProvablyDead>(verdict) == (liars == 1));
        }
        CHECK(network.doubt() == "only 1 of 3 nodes reported a believable height");
    }

    TEST_CASE("a silent node is no witness, but does not stop the others") {
        Network network;
        network.nodes[0]->height = []() -> Result<NodeHeight> {
            return reject(Reason::service_unavailable, "down");
        };
        network.nodes[0]->has = [](std::uint64_t) -> Result<NodeStatus> {
            return reject(Reason::service_unavailable, "down");
        };
        CHECK(std::holds_alternative<ProvablyDead>(network.prove()));
        network.nodes[1]->has = network.nodes[0]->has;
        CHECK(network.doubt() == "b did not answer for the signature: down");
    }

    TEST_CASE("an answer about an older slot than the height is no answer") {
        Network network;
        network.nodes[1]->has = [](std::uint64_t slot) -> Result<NodeStatus> {
            return status(false, slot - 1);
        };
        CHECK(network.doubt() == "b answered for slot 1000, before its own 1001");
    }

    TEST_CASE("one node that has the transaction wins over all who do not, believed or not") {
        for (std::size_t finder = 0; finder < 3; ++finder) {
            for (const bool believed : {true, false}) {
                Network network;
                if (!believed)
                    network.nodes[finder]->height = []() -> Result<NodeHeight> { return at(1'000, 1'000); };
                network.nodes[finder]->has = [](std::uint64_t) -> Result<NodeStatus> {
                    return status(true, 5);
                };
                const ExpiryVerdict verdict = network.prove();
                REQUIRE(std::holds_alternative<NotProven>(verdict));
                CHECK(std::get<NotProven>(verdict).found_by == network.nodes[finder]->name());
            }
        }
    }

    TEST_CASE("no nodes, no proof") {
        Network network;
        network.nodes.clear();
        CHECK(network.doubt() == "only 0 of 0 nodes reported a believable height");
    }
}
