#include <filesystem>
#include <stdexcept>
#include <system_error>

#include <unistd.h>

#include "bench_lane.hpp"
#include "libexec/embed/open.hpp"
#include "trouble.hpp"

namespace libexec::cli {
namespace {

/// A fresh directory, gone with the object.
class ScratchDirectory {
public:
    explicit ScratchDirectory(const std::string& parent) {
        std::string path = (std::filesystem::path(
                                parent.empty() ? std::filesystem::temp_directory_path().string() : parent) /
                            "execctl-bench-XXXXXX")
                               .string();
        if (::mkdtemp(path.data()) == nullptr) throw std::system_error(errno, std::generic_category(), path);
        path_ = path;
    }
    ~ScratchDirectory() {
        std::error_code ignored;  // a leftover in the temporary directory is no reason to fail
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchDirectory(const ScratchDirectory&) = delete;
    ScratchDirectory& operator=(const ScratchDirectory&) = delete;
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

OrderRequest request_for(const BenchOrder& order, const Token& sol, const Token& usdc) {
    OrderRequest request;
    request.token_in = order.sell_sol ? sol : usdc;
    request.token_out = order.sell_sol ? usdc : sol;
    std::uint64_t base_units = order.thousandths;
    for (std::uint8_t i = 3; i < request.token_in.decimals; ++i) base_units *= 10;
    request.amount = Amount(base_units);
    request.slippage = Bps::of(100).value();
    request.native_in = order.sell_sol;
    request.native_out = !order.sell_sol;
    return request;
}

class InProcessLane final : public BenchLane {
public:
    explicit InProcessLane(Service& service)
        : service_(service),
          sol_(service.tokens().find("SOL").value()),
          usdc_(service.tokens().find("USDC").value()) {}

    Task<BenchAnswer> submit(BenchOrder order) override {
        OrderRequest request = request_for(order, sol_, usdc_);
        libexec::SubmitOptions options;
        const Result<Submitted> submitted = co_await service_.submit(std::move(request), std::move(options));
        if (submitted) co_return BenchAnswer::accepted;
        trouble_ = std::string(to_string(submitted.error().reason)) + ": " + submitted.error().detail;
        if (submitted.error().reason == Reason::queue_full) co_return BenchAnswer::busy;
        co_return BenchAnswer::failed;
    }

    Task<BenchCounts> counts() override {
        const Result<QueueCounts> queue = co_await service_.queue();
        if (!queue) throw std::runtime_error("the queue cannot be read: " + queue.error().detail);
        BenchCounts counts;
        counts.confirmed = queue.value().completed;
        counts.failed = queue.value().failed;
        counts.live = queue.value().waiting + queue.value().delayed + queue.value().active;
        co_return counts;
    }

    const std::string& trouble() const override { return trouble_; }

private:
    Service& service_;
    Token sol_;
    Token usdc_;
    std::string trouble_;
};

class InProcessTarget final : public BenchTarget {
public:
    InProcessTarget(const BenchOptions& bench, std::uint64_t seed)
        : directory_(bench.data_dir), log_(make_silent_log()) {
        Config config;
        config.database_url = "sqlite:" + directory_.path() + "/bench.db";
        config.queue_concurrency = bench.workers;
        config.queue_limit = bench.orders + 1;
        config.mock_seed = seed;
        // Accepting is measured beside orders that wait, executing without any waiting.
        config.mock_time_scale_ppm = bench.mode == BenchOptions::Mode::accept ? 1'000'000 : 0;
        config.mock_failure_rate_ppm = 0;
        service_ = open(config, *log_);
    }
    std::unique_ptr<BenchLane> open_lane(asio::io_context&) override {
        return std::make_unique<InProcessLane>(*service_);
    }
    std::string name() const override { return "in process, SQLite in " + directory_.path(); }

private:
    ScratchDirectory directory_;
    std::unique_ptr<Log> log_;
    std::unique_ptr<Service> service_;
};

}  // namespace

std::unique_ptr<BenchTarget> make_in_process_target(const BenchOptions& bench, std::uint64_t seed) {
    try {
        return std::make_unique<InProcessTarget>(bench, seed);
    } catch (const std::exception& error) {
        Complaint complaint;
        complaint.code = "bench_failed";
        complaint.what = std::string("the engine could not be started: ") + error.what();
        complaint.funds = "nothing was sent, no funds moved";
        complaint.repeat = "safe";
        complaint.next = "check that --data-dir can be written";
        throw Trouble(complaint);
    }
}

}  // namespace libexec::cli
