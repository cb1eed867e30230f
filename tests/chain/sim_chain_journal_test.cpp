#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "chain/sim_world.hpp"

using namespace libexec;
using namespace std::chrono_literals;
using Outcome = SimJournalLine::Outcome;

namespace {

std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void put_contents(const std::string& path, std::string_view text) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

/// While it lives, files may not grow beyond `size`: the disk is full.
class FullDisk {
public:
    explicit FullDisk(std::uint64_t size) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        old_ = ::signal(SIGXFSZ, SIG_IGN);
        rlimit limit = before_;
        limit.rlim_cur = size;
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FullDisk() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        ::signal(SIGXFSZ, old_);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

private:
    rlimit before_{};
    void (*old_)(int) = nullptr;
};

struct Journaled {
    explicit Journaled(SimChainConfig config, bool thread = false)
        : world(with_file(std::move(config), thread)) {}
    SimChainConfig with_file(SimChainConfig config, bool thread) const {
        config.journal_path = path;
        config.journal_thread = thread;
        return config;
    }
    std::uint64_t file_size() const { return contents(path).size(); }

    test::TempDir folder;
    std::string path = folder.file("chain.journal");
    test::SimWorld world;
};

Task<void> send_one(SimChain& chain, Attempt attempt, int& sent) {
    const Result<Done> answer = co_await chain.send(test::CommittingStore::of(std::move(attempt)));
    sent += answer ? 1 : 0;
}

/// Sends and watches for ever, saying on the pipe what the chain had acknowledged.
[[noreturn]] void trade_until_killed(const std::string& path, int pipe) {
    SimChainConfig config = test::calm_chain(0);
    config.journal_path = path;
    config.journal_thread = true;
    config.failure_rate_ppm = 300'000;
    test::SimWorld world(config);
    for (std::uint64_t key = 1;; ++key) {
        const Attempt attempt = world.attempt(key);
        if (!world.send(attempt)) ::_exit(1);
        const std::string seen = "S " + attempt.signature + "\n";
        if (::write(pipe, seen.data(), seen.size()) < 0) ::_exit(1);
        const std::string done = test::outcome_text(world.watch(attempt)) == "dead" ? "D " : "L ";
        const std::string line = done + attempt.signature + "\n";
        if (::write(pipe, line.data(), line.size()) < 0) ::_exit(1);
    }
}

}  // namespace

TEST_SUITE("chain/sim_chain journal") {
    TEST_CASE("sent is on file before send returns, and the landing before it is reported") {
        for (const bool thread : {false, true}) {
            Journaled here(test::calm_chain(), thread);
            const Attempt attempt = here.world.attempt(1);
            REQUIRE(here.world.send(attempt));
            REQUIRE(here.world.journal().size() == 2);
            CHECK(here.world.journal()[0].outcome == Outcome::start);
            const SimJournalLine sent = here.world.journal()[1];
            CHECK(sent.outcome == Outcome::sent);
            CHECK(sent.signature == attempt.signature);
            CHECK(sent.order == attempt.order);
            CHECK(sent.attempt == 1);
            CHECK(sent.amount_out == attempt.quoted_out);
            CHECK(sent.height < sent.slot);
            while (!std::holds_alternative<Landed>(here.world.observe(attempt))) here.world.time.pass(400ms);
            const SimJournalLine landed = here.world.journal().back();
            CHECK(landed.outcome == Outcome::landed_ok);
            CHECK(landed.signature == attempt.signature);
            CHECK(landed.amount_in == attempt.quoted_in);
            CHECK(landed.amount_out == attempt.quoted_out);
            CHECK(landed.slot > sent.slot);
        }
    }

    TEST_CASE("the chain lives on while nobody has it open") {
        Journaled here(test::calm_chain());
        const Attempt attempt = here.world.attempt(1);
        const Attempt unsent = here.world.attempt(2);
        REQUIRE(here.world.send(attempt));
        const std::uint64_t slot = here.world.chain->slot();
        here.world.chain.reset();
        here.world.time.pass(60s);
        here.world.open();
        CHECK(here.world.chain->slot() == slot + 150);
        CHECK(here.world.journal().back().outcome == Outcome::landed_ok);
        const Observation seen = here.world.observe(attempt);
        REQUIRE(std::holds_alternative<Landed>(seen));
        CHECK(std::get<Landed>(seen).commitment == Commitment::finalized);
        CHECK(std::get<Landed>(seen).slot < slot + 10);
        CHECK(std::holds_alternative<ProvablyDead>(here.world.observe(unsent)));
    }

    TEST_CASE("a chain that was closed and opened again is the same chain") {
        SimChainConfig config = test::calm_chain();
        config.failure_rate_ppm = 300'000;
        config.drift_bps = 50;
        config.call_latency = 0ms;
        Journaled closed(config);
        test::SimWorld straight(config);
        REQUIRE(closed.world.time.now() == straight.time.now());
        std::vector<Attempt> attempts;
        for (std::uint64_t key = 0; key < 300; ++key) {
            attempts.push_back(straight.attempt(key));
            REQUIRE(closed.world.send(attempts.back()));
            REQUIRE(straight.send(attempts.back()));
            for (test::SimWorld* world : {&closed.world, &straight}) world->time.pass(50ms);
            if (key % 20 == 7) closed.world.open();  // in the middle of everything
        }
        for (test::SimWorld* world : {&closed.world, &straight}) world->time.pass(1s);
        closed.world.open();
        int decided = 0;
        for (int round = 0; round < 2; ++round) {
            for (const Attempt& attempt : attempts) {
                const Observation a = closed.world.observe(attempt);
                const Observation b = straight.observe(attempt);
                REQUIRE(test::outcome_text(a) == test::outcome_text(b));
                decided += std::holds_alternative<Unknown>(a) ? 0 : 1;
            }
            for (test::SimWorld* world : {&closed.world, &straight}) world->time.pass(30s);
        }
        CHECK(decided > 500);
        CHECK(decided < 600);  // the first round met some still under way
    }

    TEST_CASE("wherever a crash cuts the journal, the chain opens, and contradicts nothing it had said") {
        SimChainConfig config = test::calm_chain();
        config.failure_rate_ppm = 500'000;
        Journaled here(config);
        std::vector<Attempt> attempts;
        for (std::uint64_t key = 0; key < 6; ++key) {
            attempts.push_back(here.world.attempt(key));
            REQUIRE(here.world.send(attempts.back()));
        }
        for (const Attempt& attempt : attempts) here.world.watch(attempt);
        here.world.chain.reset();
        const std::string whole = contents(here.path);
        for (std::size_t size = 0; size <= whole.size(); size += 1 + size % 3) {
            put_contents(here.path, std::string_view(whole).substr(0, size));
            std::map<std::string, Outcome> ended;
            std::set<std::string> sent;
            for (const SimJournalLine& line : here.world.journal()) {
                if (line.outcome == Outcome::sent) sent.insert(line.signature);
                if (line.outcome != Outcome::sent && line.outcome != Outcome::start)
                    ended[line.signature] = line.outcome;
            }
            CAPTURE(size);
            REQUIRE_NOTHROW(here.world.open());
            here.world.chain.reset();
            std::set<std::string> once;
            for (const SimJournalLine& line : here.world.journal()) {
                if (line.outcome == Outcome::sent || line.outcome == Outcome::start) continue;
                REQUIRE(once.insert(line.signature).second);
                if (ended.contains(line.signature)) REQUIRE(ended[line.signature] == line.outcome);
            }
            REQUIRE(once.size() == sent.size());  // all are due by now
        }
    }

    TEST_CASE("after kill -9 the journal has everything that was acknowledged, and nothing twice") {
        for (int round = 0; round < 5; ++round) {
            test::TempDir folder;
            const std::string path = folder.file("chain.journal");
            int ends[2];
            REQUIRE(::pipe(ends) == 0);
            const pid_t child = ::fork();
            if (child == 0) {
                ::close(ends[0]);
                trade_until_killed(path, ends[1]);
            }
            ::close(ends[1]);
            std::string heard;
            std::array<char, 4096> part{};
            const std::size_t enough = 2'000 + 7'000 * static_cast<std::size_t>(round);
            while (heard.size() < enough) {
                const ssize_t got = ::read(ends[0], part.data(), part.size());
                REQUIRE(got > 0);
                heard.append(part.data(), static_cast<std::size_t>(got));
            }
            ::kill(child, SIGKILL);
            for (ssize_t got; (got = ::read(ends[0], part.data(), part.size())) > 0;) {
                heard.append(part.data(), static_cast<std::size_t>(got));
            }
            ::close(ends[0]);
            ::waitpid(child, nullptr, 0);

            std::map<std::string, std::string> told;  // signature to S, L, D
            std::map<std::string, std::string> written;
            for (std::size_t at = 0, end; (end = heard.find('\n', at)) != std::string::npos; at = end + 1) {
                told[heard.substr(at + 2, end - at - 2)] += heard[at];
            }
            read_sim_journal(path, [&](const SimJournalLine& line) {
                if (line.outcome == Outcome::start) return;
                written[line.signature] += line.outcome == Outcome::sent      ? 'S'
                                           : line.outcome == Outcome::dropped ? 'D'
                                                                              : 'L';
            });
            CHECK(told.size() > 10);
            for (const auto& [signature, said] : told) {
                CAPTURE(signature);
                CHECK(written[signature].starts_with(said));
                CHECK(written[signature].size() <= 2);
            }
            CHECK(written.size() <= told.size() + 1);  // at most one was written and not yet told
        }
    }

    TEST_CASE("many sends at once share their writes and all get their answer") {
        Journaled here(test::calm_chain(0), true);
        int sent = 0;
        for (std::uint64_t key = 0; key < 500; ++key) {
            here.world.time.spawn(send_one(*here.world.chain, here.world.attempt(key), sent));
        }
        const Attempt last = here.world.attempt(500);
        REQUIRE(here.world.send(last));  // lines go out in order, so all others are on file too
        here.world.time.settle();
        CHECK(sent == 500);
        CHECK(here.world.journal().size() == 502);
    }

    TEST_CASE("a full disk is said, not hidden, and is over when there is room again") {
        for (const bool thread : {false, true}) {
            Journaled here(test::calm_chain(), thread);
            const Attempt known = here.world.attempt(1);
            const Attempt fresh = here.world.attempt(2);
            REQUIRE(here.world.send(known));
            {
                const FullDisk full(here.file_size() + 10);
                here.world.time.pass(5s);
                CHECK(
                    std::holds_alternative<Unknown>(here.world.observe(known)));  // it has landed, unwritten
                CHECK(here.world.send(fresh).error().reason == Reason::service_unavailable);
                CHECK(here.world.time.run(here.world.chain->anchor()).error().reason ==
                      Reason::service_unavailable);
                CHECK(std::holds_alternative<Unknown>(here.world.observe(known)));
            }
            CHECK(here.world.time.run(here.world.chain->anchor()));
            const Observation seen = here.world.observe(known);
            REQUIRE(std::holds_alternative<Landed>(seen));
            CHECK(std::get<Landed>(seen).ok);
            REQUIRE(here.world.journal().size() == 3);
            here.world.open();
            CHECK(std::holds_alternative<Landed>(here.world.observe(known)));
        }
    }

    TEST_CASE("a journal that nobody may share, read or understand is one clear sentence") {
        Journaled here(test::calm_chain());
        const auto open_again = [&] {
            return open_sim_chain(here.world.config, here.world.time.io(), here.world.time, here.world.time,
                                  *here.world.log);
        };
        CHECK_THROWS_WITH(open_again(), ("the simulated chain's journal " + here.path +
                                         " belongs to another process: give this one a journal of its own")
                                            .c_str());
        here.world.chain.reset();
        const std::string good = contents(here.path);
        put_contents(here.path, "{\"slot\":1}\n");
        CHECK_THROWS_WITH(open_again(), ("line 1 of the simulated chain's journal " + here.path +
                                         " is not one of ours: move the file away to start a new chain")
                                            .c_str());
        SimJournalLine stray;
        stray.outcome = Outcome::landed_ok;
        stray.signature = "5sig";
        put_contents(here.path, good + stray.to_json() + "\n");
        CHECK_THROWS_WITH(open_again(), ("line 2 of the simulated chain's journal " + here.path +
                                         " contradicts the lines before it")
                                            .c_str());
        here.world.config.journal_path = here.folder.file("no/such/folder/chain.journal");
        CHECK_THROWS(open_again());
        here.world.config.journal_path = "/dev/full";
        CHECK_THROWS_WITH(open_again(), "the simulated chain's journal /dev/full is not a file");
    }

    TEST_CASE("a wall clock set back does not bring the dead to life") {
        Journaled here(test::calm_chain());
        const Attempt attempt = here.world.attempt(1);
        REQUIRE(std::holds_alternative<ProvablyDead>(here.world.watch(attempt)));
        const std::uint64_t slot = here.world.chain->slot();
        here.world.chain.reset();
        test::SimTime earlier(here.world.time.now() - 1h);
        const auto chain = open_sim_chain(here.world.config, earlier.io(), earlier, earlier, *here.world.log);
        CHECK(chain->slot() >= slot - 6);  // where the proof was written down
        CHECK(earlier.run(chain->send(test::CommittingStore::of(attempt))).error().reason ==
              Reason::stale_blockhash);
        CHECK(std::holds_alternative<ProvablyDead>(earlier.run(chain->observe(attempt))));
    }

    TEST_CASE("a world that waits and a world that does not may take turns on one journal") {
        Journaled here(test::calm_chain());
        const Attempt first = here.world.attempt(1);
        REQUIRE(here.world.send(first));
        here.world.config.time_scale_ppm = 0;
        here.world.open();
        CHECK(test::outcome_text(here.world.observe(first)).starts_with("ok"));
        const Attempt second = here.world.attempt(2);
        REQUIRE(here.world.send(second));
        const std::uint64_t slot = here.world.chain->slot();
        here.world.config.time_scale_ppm = 1'000'000;
        here.world.open();
        CHECK(here.world.chain->slot() >= slot);
        CHECK(test::outcome_text(here.world.watch(second)).starts_with("ok"));
    }
}
