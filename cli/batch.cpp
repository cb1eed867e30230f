#include "batch.hpp"

#include <algorithm>
#include <list>
#include <ostream>

#include "commands.hpp"
#include "order_poll.hpp"
#include "order_rows.hpp"
#include "row_stream.hpp"
#include "text.hpp"

namespace libexec::cli {
namespace {

class Batch {
public:
    Batch(const Context& context, std::vector<BatchItem> items, const BatchPlan& plan)
        : context_(context),
          items_(std::move(items)),
          plan_(plan),
          poll_(context),
          rows_(context,
                {{plan.label_key, plan.label_title, plan.label_right},
                 {"orderId", "ORDER"},
                 {"status", "STATUS"},
                 {"amountOut", "OUT", true},
                 {"tokenOut", "TOKEN"},
                 {"dexUsed", "VENUE"},
                 {"reason", "REASON"},
                 {"amountIn", "IN", true, true},
                 {"tokenIn", "FROM", false, true},
                 {"txHash", "TX", false, true},
                 {"idempotencyKey", "KEY", false, true}},
                {plan.label_width, 36, 9, 20, 5, 8, 1, 20, 5, 1, 36}) {}

    ExitCode run() {
        try {
            while (next_ < items_.size() || !poll_.orders().empty()) {
                while (next_ < items_.size() && poll_.orders().size() < plan_.concurrency && !stopped_)
                    place();
                if (stopped_ && poll_.orders().empty()) break;
                if (poll_.orders().empty()) continue;
                const Deadline one_round(context_.wire, std::chrono::seconds(15));
                const std::vector<JsonValue> ended = poll_.round(one_round);
                for (const JsonValue& order : ended) end(order);
                give_up_late_ones();
                if (ended.empty() && !poll_.orders().empty()) poll_.pause(one_round);
            }
        } catch (const Trouble& trouble) {
            if (placed_ == 0 && exits_.empty()) throw;
            return stop(trouble.complaint());
        }
        rows_.finish();
        if (stopped_) tell_what_was_left();
        return worst_of(exits_);
    }

private:
    struct Alive {
        std::size_t item;
        std::string order;
        Deadline deadline;
    };

    void place() {
        const BatchItem& item = items_[next_];
        Placement placement = item.placement;
        placement.patient = placed_ > 0;
        const Deadline deadline(context_.wire, context_.options.timeout);
        try {
            const Accepted accepted =
                place_order(context_.wire, context_.options, placement, item.key, deadline, context_.console);
            placed_ += 1;
            if (plan_.wait) {
                alive_.push_back({next_, accepted.order, deadline});
                // The same line twice under one key is one order: it is asked for once.
                const auto& polled = poll_.orders();
                if (std::find(polled.begin(), polled.end(), accepted.order) == polled.end())
                    poll_.add(accepted.order);
            } else {
                row(item, accepted.order, "accepted", {}, "", ExitCode::done,
                    JsonValue::parse(accepted.answer).value());
            }
        } catch (const Trouble& trouble) {
            const Complaint& complaint = trouble.complaint();
            const bool away = complaint.exit == ExitCode::unreachable;
            if (complaint.exit == ExitCode::interrupted || (away && placed_ == 0 && exits_.empty())) throw;
            // The next ones would meet the same, each after its whole timeout.
            if (away) {
                stopped_ = true;
                stopped_by_ = complaint;
            }
            const bool unknown = complaint.code == "outcome_unknown";
            row(item, complaint.order, unknown ? "unknown" : "refused", {}, complaint.code, complaint.exit,
                JsonValue());
            tell(item, complaint);
        }
        next_ += 1;
    }

    /// The order of one item, or of several under one key, has ended.
    void end(const JsonValue& order) {
        for (auto alive = alive_.begin(); alive != alive_.end();) {
            if (alive->order != order["id"].text()) {
                ++alive;
                continue;
            }
            const std::string& status = order["status"].text();
            row(items_[alive->item], alive->order, status, order, order["failure"]["code"].text(),
                exit_code_for_order(status), order);
            alive = alive_.erase(alive);
        }
    }

    void give_up_late_ones() {
        for (auto alive = alive_.begin(); alive != alive_.end();) {
            if (!alive->deadline.passed()) {
                ++alive;
                continue;
            }
            row(items_[alive->item], alive->order, "running", {},
                poll_.lost() ? "stream_lost" : "wait_timed_out",
                poll_.lost() ? ExitCode::unreachable : ExitCode::still_running, {});
            poll_.remove(alive->order);
            alive = alive_.erase(alive);
        }
    }

    void row(const BatchItem& item, const std::string& id, const std::string& status, const JsonValue& order,
             const std::string& reason, ExitCode exit, const JsonValue& document) {
        exits_.push_back(exit);
        if (context_.options.quiet) {
            if (!id.empty()) context_.console.out << printable(context_.console.style, id) << std::endl;
            return;
        }
        // What an exact-out order that failed was to bring is no amount it brought.
        const bool filled = order["status"].text() == "confirmed";
        const auto amount = [&order, filled](std::string_view name) {
            if (!filled) return Cell("");
            return Cell(without_trailing_zeros(order[name].text()), order[name].text());
        };
        const std::string json = "{" + to_json_string(plan_.label_key) + ":" + to_json_string(item.label) +
                                 ",\"orderId\":" + (id.empty() ? "null" : to_json_string(id)) +
                                 ",\"status\":" + to_json_string(status) +
                                 ",\"reason\":" + (reason.empty() ? "null" : to_json_string(reason)) +
                                 ",\"exitCode\":" + std::to_string(static_cast<int>(exit)) +
                                 ",\"idempotencyKey\":" + to_json_string(item.key) +
                                 ",\"order\":" + order.json() +
                                 ",\"answer\":" + (order.is_null() ? document.json() : "null") + "}";
        const bool fine = exit == ExitCode::done;
        rows_.add({item.label, id, Cell(status, status, fine ? Colour::green : Colour::red),
                   amount("amountOut"), order["tokenOut"].text(), order["dexUsed"].text(), reason,
                   amount("amountIn"), order["tokenIn"].text(), order["txHash"].text(), item.key},
                  JsonValue::parse(json).value());
    }

    void tell(const BatchItem& item, const Complaint& complaint) const {
        context_.console.err << plan_.label_key << " " << item.label << ": "
                             << printable(context_.console.style, complaint.what) << "; "
                             << printable(context_.console.style, complaint.funds) << std::endl;
    }

    /// Some of its orders were placed before it broke off, whatever the last request met.
    static Complaint of_the_whole_run(Complaint complaint) {
        complaint.funds = "the orders that were placed may have traded or may still trade, as their rows say";
        complaint.repeat = "only of what has no row; all of it again only with the same --idempotency-key";
        return complaint;
    }

    void tell_what_was_left() const {
        Complaint complaint = of_the_whole_run(stopped_by_);
        complaint.what = "stopped at " + plan_.label_key + " " + items_[next_ - 1].label +
                         ", nothing was sent of what comes after it: " + complaint.what;
        static_cast<void>(report(complaint, Output::table, context_.console));
    }

    ExitCode stop(Complaint complaint) {
        for (const Alive& one : alive_)
            row(items_[one.item], one.order, "running", {}, complaint.code, complaint.exit, {});
        std::vector<std::string> ids;
        for (const Alive& one : alive_) ids.push_back(one.order);
        rows_.finish();
        if (complaint.exit != ExitCode::interrupted) {
            complaint = of_the_whole_run(std::move(complaint));
        } else {
            const bool unknown = complaint.repeat.find("--idempotency-key") != std::string::npos;
            complaint = interrupted_complaint(ids, context_.options);
            if (unknown)
                complaint.what += "; of " + plan_.label_key + " " + items_[next_].label +
                                  " it is not known whether it was accepted (key " + items_[next_].key + ")";
        }
        if (next_ < items_.size())
            complaint.what += "; nothing was sent of what comes after " + plan_.label_key + " " +
                              (next_ == 0 ? std::string("0") : items_[next_ - 1].label);
        return report(complaint, Output::table, context_.console);
    }

    const Context& context_;
    std::vector<BatchItem> items_;
    const BatchPlan& plan_;
    OrderPoll poll_;
    RowStream rows_;
    std::list<Alive> alive_;
    std::vector<ExitCode> exits_;
    std::size_t next_ = 0;  ///< the first item not tried yet
    std::size_t placed_ = 0;
    bool stopped_ = false;  ///< the server is gone for good
    Complaint stopped_by_;
};

}  // namespace

ExitCode run_batch(const Context& context, std::vector<BatchItem> items, const BatchPlan& plan) {
    return Batch(context, std::move(items), plan).run();
}

}  // namespace libexec::cli
