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

BenchEvent bench_event(const OrderEvent& event) {
    BenchEvent read;
    read.order = event.order;
    read.seq = event.seq;
    read.ends = event.ends_order();
    read.confirmed = read.ends && event.status == OrderStatus::confirmed;
    read.at = event.at;
    return read;
}

class InProcessStream final : public BenchStream {
public:
    explicit InProcessStream(std::shared_ptr<EventStream> stream) : stream_(std::move(stream)) {}

    Task<std::vector<BenchEvent>> next() override {
        std::vector<BenchEvent> events;
        while (events.empty() && !over_) {
            const Result<EventBatch> batch = co_await stream_->next();
            if (!batch) throw std::runtime_error("events cannot be read: " + batch.error().detail);
            over_ = batch.value().end != EventBatch::End::none;
            for (const CommittedEvent& event : batch.value().events) events.push_back(bench_event(*event));
        }
        co_return events;
    }
    void close() override { stream_->close(); }

private:
    std::shared_ptr<EventStream> stream_;
    bool over_ = false;
};

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
        if (submitted) accepted = submitted.value().order;
        co_return submitted ? BenchAnswer::done : refused(submitted.error());
    }
    Task<BenchAnswer> get(Uuid order) override {
        const Result<std::optional<OrderRecord>> record = co_await service_.load(order);
        co_return record ? BenchAnswer::done : refused(record.error());
    }
    Task<BenchAnswer> list() override {
        OrderFilter filter;
        filter.limit = 20;
        const Result<std::vector<OrderRecord>> records = co_await service_.list(std::move(filter));
        co_return records ? BenchAnswer::done : refused(records.error());
    }
    Task<BenchAnswer> quote(BenchOrder order) override {
        OrderRequest request = request_for(order, sol_, usdc_);
        const Result<RoutingDecision> decision = co_await service_.quote(std::move(request));
        co_return decision ? BenchAnswer::done : refused(decision.error());
    }

    Task<BenchCounts> counts() override {
        const Result<QueueCounts> queue = co_await service_.queue();
        if (!queue) throw std::runtime_error("the queue cannot be read: " + queue.error().detail);
        BenchCounts counts;
        counts.live = queue.value().waiting + queue.value().delayed + queue.value().active;
        co_return counts;
    }

    Task<std::optional<BenchEvent>> end_of(Uuid order) override {
        constexpr std::size_t all = 10'000;
        const Result<std::vector<CommittedEvent>> events = co_await service_.events(order, 0, all);
        if (!events) throw std::runtime_error("events cannot be read: " + events.error().detail);
        std::optional<BenchEvent> end;
        if (!events.value().empty() && events.value().back()->ends_order())
            end = bench_event(*events.value().back());
        co_return end;
    }

    Task<std::string> version() override { co_return LIBEXEC_VERSION; }

private:
    BenchAnswer refused(const Rejection& why) {
        refusal = to_string(why.reason);
        trouble = refusal + ": " + why.detail;
        return why.reason == Reason::queue_full ? BenchAnswer::busy : BenchAnswer::failed;
    }

    Service& service_;
    Token sol_;
    Token usdc_;
};

/// Measured is what the engine does, not what the simulated world waits: only accepting is measured beside
/// orders that wait, and followers need some time to arrive.
std::uint32_t time_scale_for(BenchPlan::Mode mode) {
    if (mode == BenchPlan::Mode::accept) return 1'000'000;
    return mode == BenchPlan::Mode::fan_out ? 100'000 : 0;
}

/// Refuses a database in which somebody's orders are still under way: the run would execute them.
std::unique_ptr<OrderStore> open_idle_store(const Config& config, const Surroundings& around) {
    std::unique_ptr<OrderStore> store = open_store(config, around);
    if (const std::uint64_t live = store->live_orders(); live > 0) {
        throw std::runtime_error(std::to_string(live) + " orders in " +
                                 without_password(config.database_url) +
                                 " have not ended: the run would execute them; name another database, or let "
                                 "execd finish them first");
    }
    return store;
}

class InProcessTarget final : public BenchTarget {
public:
    explicit InProcessTarget(const BenchPlan& plan) : log_(make_silent_log()) {
        Config config;
        if (plan.database.empty()) {
            directory_ = std::make_unique<ScratchDirectory>(plan.data_dir);
            config.database_url = "sqlite:" + directory_->path() + "/bench.db";
            database_ = "a fresh SQLite file, deleted afterwards";
        } else {
            config.database_url = plan.database;
            database_ = without_password(plan.database);
        }
        config.queue_concurrency = plan.workers;
        config.queue_limit = 1'000'000'000;
        config.mock_seed = plan.seed;
        config.mock_time_scale_ppm = time_scale_for(plan.mode);
        config.mock_failure_rate_ppm = 0;
        Parts parts;
        parts.log = log_.get();
        if (!plan.database.empty()) {
            if (!plan.database.starts_with("sqlite:")) {
                // The chain's journal has no file to lie beside.
                directory_ = std::make_unique<ScratchDirectory>(plan.data_dir);
                config.mock_journal = directory_->path() + "/chain.journal";
            }
            parts.store = [config](Surroundings around) { return open_idle_store(config, around); };
        }
        service_ = open(std::move(config), std::move(parts));
    }
    std::unique_ptr<BenchLane> open_lane(asio::io_context&) override {
        return std::make_unique<InProcessLane>(*service_);
    }
    Task<std::unique_ptr<BenchStream>> follow(asio::io_context& io, Uuid order) override {
        co_return std::make_unique<InProcessStream>(service_->follow(order, 0, io.get_executor()));
    }
    Task<std::unique_ptr<BenchStream>> follow_all(asio::io_context& io) override {
        co_return std::make_unique<InProcessStream>(service_->follow_all(io.get_executor()));
    }
    std::string name() const override { return "in process"; }
    std::string database() const override { return database_; }

private:
    std::unique_ptr<ScratchDirectory> directory_;
    std::string database_;
    std::unique_ptr<Log> log_;
    std::unique_ptr<Service> service_;
};

}  // namespace

std::unique_ptr<BenchTarget> make_in_process_target(const BenchPlan& plan) {
    try {
        return std::make_unique<InProcessTarget>(plan);
    } catch (const std::exception& error) {
        Complaint complaint;
        complaint.exit = plan.database.empty() ? ExitCode::unexpected : ExitCode::usage;
        complaint.code = "bench_failed";
        complaint.what = std::string("the engine could not be started: ") + error.what();
        complaint.funds = "nothing was sent, no funds moved";
        complaint.repeat = "safe";
        complaint.next = plan.database.empty() ? "check that --data-dir can be written"
                                               : "correct --database, or leave it out for a fresh file";
        throw Trouble(complaint);
    }
}

}  // namespace libexec::cli
