#include "sim/node_store.hpp"

#include "sim/safeguards.hpp"

namespace libexec::simulation {
namespace {

using namespace std::chrono_literals;

constexpr Span trip_least = 100us;
constexpr Span trip_most = 3ms;

Rejection unavailable() {
    return reject(Reason::service_unavailable, "the database is away; nothing was written");
}
Rejection unknown() { return reject(Reason::outcome_unknown, "the answer to a commit was lost"); }

}  // namespace

/// The connection of one start of a node: what is on its way to the database, and back. Outlives the node.
struct NodeStore::Line : std::enable_shared_from_this<NodeStore::Line> {
    struct Pending {
        Fate fate;
        bool unsent;  ///< still in the memory of the process: stands still and dies with it
        std::function<void()> at_database;
        std::function<void(Fate)> answer;
    };

    Line(World& world_given, Database& database_given, std::shared_ptr<Host> host_given,
         std::function<void()> crash_given)
        : world(world_given),
          database(database_given),
          host(std::move(host_given)),
          crash(std::move(crash_given)) {}

    void push(Pending pending, Span travel) {
        out.push_back(std::move(pending));
        last_arrival = std::max(world.now() + travel, last_arrival + 1us);
        world.in(last_arrival - world.now(), [self = shared_from_this()] { self->arrive(); });
    }

    void arrive() {
        if (host->alive && host->paused_until > world.now() && out.front().unsent) {
            world.in(host->paused_until - world.now() + 1us, [self = shared_from_this()] { self->arrive(); });
            return;
        }
        Pending next = std::move(out.front());
        out.pop_front();
        if (!host->alive && next.unsent) return;
        const bool orderly = next.fate != Fate::dies_before && next.fate != Fate::dies_after;
        if (database.away() && orderly) {
            next.fate = next.fate == Fate::done ? Fate::refused : Fate::write_lost;
        }
        perform(next);
    }

    void perform(const Pending& next) {
        Totals& totals = world.totals;
        // Sent by a process that has died meanwhile: its successor cannot know of it.
        if (!host->alive) ++totals.late_writes;
        switch (next.fate) {
            case Fate::refused:
                break;
            case Fate::done:
                next.at_database();
                break;
            case Fate::answer_lost:
                ++totals.ambiguous;
                next.at_database();
                break;
            case Fate::write_lost:
                ++totals.ambiguous;
                break;
            case Fate::write_late:
                ++totals.ambiguous;
                world.in(world.between(50ms, 10s), [self = shared_from_this(), late = next.at_database] {
                    ++self->world.totals.late_writes;
                    late();
                });
                break;
            case Fate::dies_before:
                if (host->alive) crash();
                return;
            case Fate::dies_after:
                next.at_database();
                if (host->alive) crash();
                return;
        }
        if (!next.answer) return;
        back.push_back([answer = next.answer, fate = next.fate] { answer(fate); });
        last_answer = std::max(world.now() + world.between(trip_least, trip_most), last_answer + 1us);
        world.on(host, last_answer - world.now(), [self = shared_from_this()] {
            const std::function<void()> first = std::move(self->back.front());
            self->back.pop_front();
            first();
        });
    }

    World& world;
    Database& database;
    const std::shared_ptr<Host> host;
    const std::function<void()> crash;
    std::deque<Pending> out;
    std::deque<std::function<void()>> back;
    Time last_arrival{};
    Time last_answer{};
};

NodeStore::NodeStore(World& world, Database& database, std::shared_ptr<Host> host, EventBus& bus,
                     std::function<void()> crash, std::function<void()> committed_here)
    : world_(world),
      database_(database),
      host_(std::move(host)),
      bus_(bus),
      crash_(std::move(crash)),
      committed_here_(std::move(committed_here)),
      line_(std::make_shared<Line>(world, database, host_, crash_)) {}

NodeStore::Fate NodeStore::draw(std::string_view what) {
    const Plan& plan = world_.plan;
    Fate fate = Fate::done;
    if (world_.strikes(plan.refused)) {
        fate = Fate::refused;
    } else if (world_.strikes(plan.answer_lost)) {
        fate = Fate::answer_lost;
    } else if (world_.strikes(plan.write_lost)) {
        fate = Fate::write_lost;
    } else if (world_.strikes(plan.write_late)) {
        fate = Fate::write_late;
    } else if (world_.strikes(plan.crash_at_write)) {
        fate = world_.below(2) == 0 ? Fate::dies_before : Fate::dies_after;
    }
    if (fate != Fate::done) world_.note("trouble", host_->number, what, static_cast<std::uint64_t>(fate));
    return fate;
}

void NodeStore::send(Fate fate, std::function<void()> at_database, std::function<void(Fate)> answer) {
    Span travel = world_.between(trip_least, trip_most);
    if (world_.strikes(world_.plan.stall)) travel += world_.between(50ms, 2 * Span(world_.plan.lease));
    line_->push({fate, world_.below(2) == 0, std::move(at_database), std::move(answer)}, travel);
}

template <class T>
Task<Result<T>> NodeStore::write(std::string what, std::function<T()> transaction,
                                 std::function<void(const T&)> answered,
                                 std::function<void(const T&)> unheard) {
    const Fate fate = draw(what);
    const bool heard = fate != Fate::answer_lost && fate != Fate::write_late;
    auto reply = expect<Result<T>>(*host_);
    auto result = std::make_shared<std::optional<T>>();
    send(
        fate,
        [result, transaction, unheard, heard] {
            result->emplace(transaction());
            if (!heard && unheard) unheard(**result);
        },
        [this, reply, result, answered](Fate came) {
            if (came == Fate::refused) {
                reply->value.emplace(unavailable());
            } else if (came != Fate::done) {
                reply->value.emplace(unknown());
            } else {
                answered(**result);
                reply->value.emplace(std::move(**result));
            }
            host_->wake(reply->wait);
        });
    Result<T> answer = co_await receive<Result<T>>(*host_, reply);
    co_return answer;
}

template <class T>
Task<Result<T>> NodeStore::read(std::function<T()> question) {
    auto reply = expect<Result<T>>(*host_);
    const bool fails = world_.strikes(world_.plan.refused);
    world_.in(world_.between(trip_least, trip_most), [this, host = host_, reply, question, fails] {
        if (!host->alive) return;
        if (fails || database_.away()) {
            reply->value.emplace(reject(Reason::service_unavailable, "the database does not answer"));
        } else {
            reply->value.emplace(question());
        }
        world_.on(host, world_.between(trip_least, trip_most), [host, reply] { host->wake(reply->wait); });
    });
    // The value is there before the answer has arrived: only the wake counts.
    co_await host_->park(reply->wait);
    co_return std::move(*reply->value);
}

/// Runs at the database and must not touch this object: it may be gone.
static StepAnswer move_at(World& world, Database& database, const std::shared_ptr<const Step>& step,
                          std::uint64_t node) {
    const auto checked = std::make_shared<const Database::Checked>(database.check(*step));
    world.note("step", node, database.name(step->after.id), step->after.last_seq,
               static_cast<std::uint64_t>(checked->answer));
    if (checked->answer != StepAnswer::committed) return checked->answer;
    if (safeguard_holds("row_lock")) {
        database.write(*checked);
    } else {
        world.in(world.between(1ms, 500ms), [&database, checked] { database.write(*checked); });
    }
    return checked->answer;
}

void NodeStore::beat() {
    const bool all = world_.plan.gives_back || !safeguard_holds("lost_claims_lapse");
    auto claims = held_;
    if (all) {
        claims.clear();
        for (const auto& [id, row] : database_.rows()) {
            if (row.job && row.job->owner == host_->start) claims[id] = row.job->epoch;
        }
    }
    const Fate fate = world_.strikes(world_.plan.refused) ? Fate::refused : Fate::done;
    send(fate,
         [this_database = &database_, owner = host_->start, claims] { this_database->renew(owner, claims); },
         {});
    if (world_.plan.gives_back && safeguard_holds("lost_claims_lapse")) give_back();
}

/// What claims took although nobody here was told of it.
void NodeStore::give_back() {
    for (const auto& [order, claimed] : *doubtful_) {
        auto let_go = std::make_shared<Step>();
        let_go->epoch = claimed.epoch;
        let_go->after = claimed.order;
        let_go->expected_seq = let_go->after.last_seq;
        let_go->job.kind = JobChange::Kind::release;
        send(
            draw("give_back"),
            [this_world = &world_, this_database = &database_, let_go, node = host_->number] {
                move_at(*this_world, *this_database, let_go, node);
            },
            [doubtful = doubtful_, order = order, epoch = claimed.epoch](Fate came) {
                const auto found = doubtful->find(order);
                if (came == Fate::done && found != doubtful->end() && found->second.epoch == epoch)
                    doubtful->erase(found);
            });
    }
}

Task<Result<AcceptAnswer>> NodeStore::accept(Acceptance acceptance) {
    auto asked = std::make_shared<const Acceptance>(std::move(acceptance));
    std::function<AcceptAnswer()> transaction = [this_database = &database_, asked] {
        return this_database->accept(*asked);
    };
    std::function<void(const AcceptAnswer&)> answered = [this, asked](const AcceptAnswer& answer) {
        if (answer.kind != AcceptAnswer::Kind::accepted) return;
        bus_.publish({std::make_shared<const OrderEvent>(asked->opened)});
        committed_here_();
    };
    auto call = write<AcceptAnswer>("accept", std::move(transaction), std::move(answered));
    Result<AcceptAnswer> answer = co_await std::move(call);
    co_return answer;
}

Task<Result<ClaimBatch>> NodeStore::claim(std::size_t limit) {
    std::function<ClaimBatch()> transaction = [this_world = &world_, this_database = &database_, host = host_,
                                               owner = host_->start, limit] {
        ClaimBatch batch = this_database->claim(owner, limit);
        for (const Claimed& one : batch.orders)
            this_world->note("claimed", host->number, this_database->name(one.order.id), one.epoch);
        return batch;
    };
    std::function<void(const ClaimBatch&)> answered = [this](const ClaimBatch& batch) {
        for (const Claimed& one : batch.orders) held_[one.order.id] = one.epoch;
    };
    std::function<void(const ClaimBatch&)> unheard = [doubtful = doubtful_](const ClaimBatch& batch) {
        for (const Claimed& one : batch.orders) (*doubtful)[one.order.id] = one;
    };
    auto call = write<ClaimBatch>("claim", std::move(transaction), std::move(answered), std::move(unheard));
    Result<ClaimBatch> batch = co_await std::move(call);
    co_return batch;
}

Task<Result<std::optional<Claimed>>> NodeStore::claim_order(OrderId order) {
    using Answer = std::optional<Claimed>;
    std::function<Answer()> transaction = [this_world = &world_, this_database = &database_, host = host_,
                                           owner = host_->start, order] {
        Answer claimed = this_database->claim_order(owner, order);
        this_world->note("claim_order", host->number, this_database->name(order),
                         claimed ? claimed->epoch : 0);
        return claimed;
    };
    std::function<void(const Answer&)> answered = [this](const Answer& claimed) {
        if (claimed) held_[claimed->order.id] = claimed->epoch;
    };
    std::function<void(const Answer&)> unheard = [doubtful = doubtful_](const Answer& claimed) {
        if (claimed) (*doubtful)[claimed->order.id] = *claimed;
    };
    auto call = write<Answer>("claim_order", std::move(transaction), std::move(answered), std::move(unheard));
    Result<Answer> claimed = co_await std::move(call);
    co_return claimed;
}

void NodeStore::publish(const Step& step) {
    std::vector<CommittedEvent> told;
    for (const OrderEvent& event : step.events) told.push_back(std::make_shared<const OrderEvent>(event));
    bus_.publish(told);
}

Task<Result<StepAnswer>> NodeStore::commit(Step step) {
    const bool tells_first = !safeguard_holds("commit_before_tell");
    if (tells_first) publish(step);
    auto wanted = std::make_shared<const Step>(std::move(step));
    std::function<StepAnswer()> transaction = [this_world = &world_, this_database = &database_, wanted,
                                               node = host_->number] {
        return move_at(*this_world, *this_database, wanted, node);
    };
    std::function<void(const StepAnswer&)> answered = [this, wanted, tells_first](const StepAnswer& answer) {
        if (answer != StepAnswer::committed) return;
        if (wanted->job.kind != JobChange::Kind::keep) held_.erase(wanted->after.id);
        if (!tells_first) publish(*wanted);
        committed_here_();
    };
    const std::string_view what = wanted->opens                       ? "intent"
                                  : is_terminal(wanted->after.status) ? "terminal"
                                                                      : "commit";
    auto call = write<StepAnswer>(std::string(what), std::move(transaction), std::move(answered));
    Result<StepAnswer> answer = co_await std::move(call);
    co_return answer;
}

void NodeStore::commit_later(Step step) {
    const bool tells_first = !safeguard_holds("commit_before_tell");
    if (tells_first) publish(step);
    auto wanted = std::make_shared<const Step>(std::move(step));
    auto result = std::make_shared<StepAnswer>(StepAnswer::stale);
    send(
        draw("later"),
        [this_world = &world_, this_database = &database_, wanted, result, node = host_->number] {
            *result = move_at(*this_world, *this_database, wanted, node);
        },
        [this, wanted, result, tells_first](Fate fate) {
            if (fate != Fate::done || *result != StepAnswer::committed) return;
            if (!tells_first) publish(*wanted);
            committed_here_();
        });
}

Task<Result<std::optional<OrderStatus>>> NodeStore::request_cancel(OrderId order, Viewer viewer) {
    using Answer = std::optional<OrderStatus>;
    std::function<Answer()> transaction = [this_database = &database_, order, viewer] {
        return this_database->request_cancel(order, viewer);
    };
    std::function<void(const Answer&)> answered = [](const Answer&) {};
    auto call = write<Answer>("cancel", std::move(transaction), std::move(answered));
    Result<Answer> status = co_await std::move(call);
    co_return status;
}

Task<Result<std::optional<OrderRecord>>> NodeStore::load(OrderId order, Viewer viewer) {
    using Answer = std::optional<OrderRecord>;
    std::function<Answer()> question = [this, order, viewer]() -> Answer {
        const Database::Row* const row = database_.find(order, viewer);
        if (row == nullptr) return std::nullopt;
        OrderRecord record;
        record.order = row->order;
        record.attempts = row->attempts;
        return record;
    };
    auto call = read<Answer>(std::move(question));
    Result<Answer> record = co_await std::move(call);
    co_return record;
}

Task<Result<std::vector<OrderRecord>>> NodeStore::list(OrderFilter) {
    // Nothing in the engine or the bus asks for it.
    co_return reject(Reason::internal, "lists are not part of the simulation");
}

Task<Result<std::vector<CommittedEvent>>> NodeStore::events_after(OrderId order, std::uint32_t seq,
                                                                  std::size_t limit, Viewer viewer) {
    using Answer = std::vector<CommittedEvent>;
    std::function<Answer()> question = [this, order, seq, limit, viewer] {
        Answer page;
        const Database::Row* const row = database_.find(order, viewer);
        if (row == nullptr) return page;
        for (const CommittedEvent& event : row->events) {
            if (event->seq > seq && page.size() < limit) page.push_back(event);
        }
        return page;
    };
    auto call = read<Answer>(std::move(question));
    Result<Answer> page = co_await std::move(call);
    co_return page;
}

Task<Result<QueueCounts>> NodeStore::counts() {
    co_return reject(Reason::internal, "counts are not part of the simulation");
}

}  // namespace libexec::simulation
