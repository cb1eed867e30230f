#include "watch_events.hpp"

#include <algorithm>
#include <map>
#include <ostream>
#include <set>

#include "order_pages.hpp"
#include "order_poll.hpp"
#include "order_printer.hpp"
#include "order_view.hpp"

namespace libexec::cli {
namespace {

constexpr std::chrono::milliseconds interval{500};
/// Orders are numbered in the order of their times, but become visible a little out of order: an order is
/// looked for this long after the newest one.
constexpr std::chrono::seconds slack{10};
constexpr std::size_t pages_most = 4;       // of 500 orders, in one round
constexpr std::size_t followed_most = 500;  // alive at a time

class Events {
public:
    Events(const Context& context, const std::vector<std::string>& orders, const EventFilter& filter)
        : context_(context),
          filter_(filter),
          named_(!orders.empty()),
          deadline_(context.wire, context.options.timeout) {
        const Output output = context.options.output;
        if (output != Output::table || context.options.quiet)
            shared_ = make_order_printer(context.options, context.console);
        for (const std::string& order : orders) followed_.try_emplace(order);
    }

    ExitCode run() {
        for (;;) {
            round();
            if (named_ && std::all_of(followed_.begin(), followed_.end(),
                                      [](const auto& one) { return !one.second.end.empty(); }))
                return worst_of(exits());
            const bool endless = !named_ && !context_.options.timeout_given;
            if (!endless && deadline_.passed()) return give_up();
            const auto wait = lost_ > 0 ? pause_before_repeat(lost_) : interval;
            if (!(endless ? context_.wire.pause(wait) : deadline_.pause(context_.wire, wait))) interrupted();
        }
    }

private:
    struct Followed {
        std::uint64_t last_seq = 0;
        std::uint64_t known_seq = 1;  ///< events there are at least
        std::string end;              ///< the status it ended with; empty: alive
        Time created{};
        std::shared_ptr<OrderTimeline> timeline;
    };

    void round() {
        try {
            if (!named_) look_for_orders();
            for (auto& [id, order] : followed_) {
                // What the list has just shown is known; an order that it has not is asked itself.
                const bool asked = named_ || order.known_seq > order.last_seq || !listed_.contains(id);
                if (order.end.empty() && asked) take_events(id, order);
            }
            if (!named_) forget_the_past();
            lost_ = 0;
            heard_ = true;
        } catch (const Trouble& trouble) {
            const Complaint& complaint = trouble.complaint();
            if (complaint.exit == ExitCode::interrupted) interrupted();
            const bool passing =
                complaint.exit == ExitCode::unreachable || complaint.exit == ExitCode::refused;
            if (!heard_ || !passing) throw;
            lost_ += 1;
            context_.console.err << "connection lost (" << printable(context_.console.style, complaint.what)
                                 << "); reconnecting (" << lost_ << ")..." << std::endl;
        }
    }

    /// New orders since the last round. In the first one: what there is, so that only what comes is shown.
    void look_for_orders() {
        listed_.clear();
        if (!started_) {
            for (const std::string_view status : {"pending", "routing", "building", "submitted"}) {
                std::string query = filter_.query;
                add_parameter(query, "status", status);
                take_page(fetch_page(context_, query, page_size_most), true);
            }
        }
        std::string query = filter_.query;
        if (started_ && newest_) add_parameter(query, "since", to_rfc3339(*newest_ - slack));
        std::string cursor;
        for (std::size_t pages = 0; pages < pages_most; ++pages) {
            const JsonValue page = fetch_page(context_, query, page_size_most, cursor);
            take_page(page, !started_);
            cursor = page["nextCursor"].text();
            // The first time it is enough to go back as far as later rounds will look.
            const auto oldest = page["items"].items().empty()
                                    ? std::optional<Time>()
                                    : page["items"].items().back()["createdAt"].time();
            if (cursor.empty() || (!started_ && oldest && newest_ && *oldest < *newest_ - slack)) break;
        }
        if (!cursor.empty() && started_) say_cut();
        started_ = true;
    }

    void take_page(const JsonValue& page, bool past) {
        for (const JsonValue& order : page["items"].items()) {
            const std::string& id = order["id"].text();
            const std::uint64_t seq = order["lastSeq"].whole().value_or(0);
            const auto created = order["createdAt"].time();
            if (created && (!newest_ || *created > *newest_)) newest_ = *created;
            listed_.insert(id);
            const auto [known, fresh] = followed_.try_emplace(id);
            known->second.known_seq = seq;
            if (!fresh) continue;
            known->second.created = created.value_or(Time());
            if (past) {
                known->second.last_seq = seq;
                if (has_ended_with(order["status"].text())) known->second.end = order["status"].text();
            }
        }
    }

    /// Orders that ended before the time looked at cannot be listed again.
    void forget_the_past() {
        std::erase_if(followed_, [this](const auto& one) {
            return !one.second.end.empty() && newest_ && one.second.created < *newest_ - slack;
        });
        // Newest first: ids are in the order of time. Those left out are remembered, or they would be new.
        std::size_t alive = 0;
        for (auto one = followed_.rbegin(); one != followed_.rend(); ++one) {
            if (!one->second.end.empty() || ++alive <= followed_most) continue;
            one->second.end = "left out";
            say_cut();
        }
    }

    void say_cut() {
        if (cut_said_) return;
        cut_said_ = true;
        context_.console.err << "more orders than can be followed here: the oldest are left out; name them "
                                "to see them"
                             << std::endl;
    }

    void take_events(const std::string& id, Followed& order) {
        const JsonValue answer =
            fetch_document(context_, "/api/orders/" + id + "/events?after=" + std::to_string(order.last_seq));
        for (const JsonValue& event : answer["events"].items()) {
            const auto seq = event["seq"].whole();
            // A hole would be the server's mistake; the next round asks again from the last event seen.
            if (!seq || *seq != order.last_seq + 1) break;
            order.last_seq = *seq;
            const std::string& status = event["status"].text();
            show(event, status, order);
            if (event["kind"].text() == "moved" && has_ended_with(status)) end(id, status, order);
        }
    }

    void show(const JsonValue& event, const std::string& status, Followed& order) {
        if (!order.timeline) order.timeline = std::make_shared<OrderTimeline>(context_.console.style);
        // Also what is not shown teaches the timeline, such as the venue.
        const std::string line = order.timeline->line(event);
        if (!filter_.status.empty() && filter_.status != status) return;
        if (shared_) {
            shared_->event(event.json(), event);
        } else {
            context_.console.out << line << '\n' << std::flush;
        }
    }

    void end(const std::string& id, const std::string& status, Followed& order) {
        order.end = status;
        order.timeline.reset();
        if (named_ && context_.options.quiet && context_.options.output == Output::table)
            context_.console.out << id << " " << printable(context_.console.style, status) << '\n'
                                 << std::flush;
    }

    std::vector<ExitCode> exits() const {
        std::vector<ExitCode> exits;
        for (const auto& [id, order] : followed_) exits.push_back(exit_code_for_order(order.end));
        return exits;
    }
    std::vector<std::string> alive() const {
        std::vector<std::string> alive;
        for (const auto& [id, order] : followed_) {
            if (named_ && order.end.empty()) alive.push_back(id);
        }
        return alive;
    }

    ExitCode give_up() const {
        if (!named_) return ExitCode::done;
        throw Trouble(not_ended_complaint(alive(), lost_ > 0, context_.options));
    }
    [[noreturn]] void interrupted() const { throw Trouble(stopped_watching(alive(), context_.options)); }

    const Context& context_;
    const EventFilter& filter_;
    bool named_;
    Deadline deadline_;
    std::unique_ptr<OrderPrinter> shared_;  ///< for outputs that need no memory of an order
    std::map<std::string, Followed> followed_;
    std::set<std::string> listed_;  ///< in this round
    std::optional<Time> newest_;
    bool started_ = false;
    bool heard_ = false;
    bool cut_said_ = false;
    unsigned lost_ = 0;
};

}  // namespace

ExitCode watch_events(const Context& context, const std::vector<std::string>& orders,
                      const EventFilter& filter) {
    return Events(context, orders, filter).run();
}

}  // namespace libexec::cli
