#include "subscription_table.hpp"

#include <algorithm>

namespace libexec {

std::optional<RpcNotice> RpcListener::gap() {
    if (!live || listening) return std::nullopt;
    RpcGap notice;
    notice.first = !std::exchange(listened, true);
    listening = true;
    return RpcNotice(notice);
}

std::optional<RpcNotice> RpcListener::silence(const Rejection& why) {
    if (!live) return std::nullopt;
    listening = false;
    RpcSilence notice;
    notice.why = why;
    return RpcNotice(std::move(notice));
}

bool SubscriptionTable::add(const std::shared_ptr<RpcListener>& listener) {
    Entry& entry = entries_[listener->topic];
    entry.listeners.push_back(listener);
    ++listeners_;
    return entry.standing == Standing::told;
}

void SubscriptionTable::remove(const RpcListener& listener) {
    const auto entry = entries_.find(listener.topic);
    if (entry == entries_.end()) return;
    auto& all = entry->second.listeners;
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.get() == &listener; });
    if (found == all.end()) return;
    all.erase(found);
    --listeners_;
    // One that was asked for stays until the node has said what it calls it.
    if (!all.empty() || entry->second.standing == Standing::asked) return;
    if (entry->second.standing == Standing::told)
        to_end_.emplace_back(entry->first.kind, entry->second.subscription);
    forget(entry);
}

void SubscriptionTable::forget(Entries::iterator entry) {
    if (entry->second.standing == Standing::told) subscriptions_.erase(entry->second.subscription);
    entries_.erase(entry);
}

void SubscriptionTable::connected() {
    requests_.clear();
    subscriptions_.clear();
    to_end_.clear();
    for (auto entry = entries_.begin(); entry != entries_.end();) {
        entry->second.standing = Standing::wanted;
        entry = entry->second.listeners.empty() ? entries_.erase(entry) : std::next(entry);
    }
}

RpcTellings SubscriptionTable::disconnected(const Rejection& why) {
    RpcTellings tellings;
    connected();
    for (const auto& [topic, entry] : entries_) {
        for (const auto& listener : entry.listeners) {
            if (!listener->listening) continue;
            if (auto notice = listener->silence(why)) tellings.push_back({listener, *std::move(notice)});
        }
    }
    return tellings;
}

std::optional<std::string> SubscriptionTable::next_request() {
    if (!to_end_.empty()) {
        const auto [kind, subscription] = to_end_.front();
        to_end_.pop_front();
        requests_[++last_id_] = Request();
        return encode_unsubscribe(last_id_, kind, subscription);
    }
    if (requests_.size() >= unanswered_most_) return std::nullopt;
    for (auto& [topic, entry] : entries_) {
        if (entry.standing != Standing::wanted) continue;
        entry.standing = Standing::asked;
        requests_[++last_id_].topic = topic;
        return encode_subscribe(last_id_, topic);
    }
    return std::nullopt;
}

Result<RpcTellings> SubscriptionTable::take(std::string_view text) {
    const Result<PubsubMessage> message = decode_pubsub_message(text);
    if (!message) return message.error();
    if (const auto* const answer = std::get_if<PubsubAnswer>(&message.value())) return take_answer(*answer);
    return take_notification(std::get<PubsubNotification>(message.value()));
}

Result<RpcTellings> SubscriptionTable::take_answer(const PubsubAnswer& answer) {
    RpcTellings tellings;
    const auto request = requests_.find(answer.id);
    if (request == requests_.end()) return reject(Reason::invalid_body, "/id is that of no request");
    const std::optional<RpcTopic> topic = std::move(request->second.topic);
    requests_.erase(request);
    if (!topic) return tellings;  // whether it had it or not, it no longer has
    const auto found = entries_.find(*topic);
    if (found == entries_.end()) return tellings;
    Entry& entry = found->second;
    if (answer.error) {
        entry.standing = Standing::refused;
        entry.rest_ticks = refused_rest_ticks_;
        const Rejection why = meaning_of(*answer.error).why;
        for (const auto& listener : entry.listeners) {
            if (auto notice = listener->silence(why)) tellings.push_back({listener, *std::move(notice)});
        }
        if (entry.listeners.empty()) forget(found);
        return tellings;
    }
    if (!answer.subscription)
        return reject(Reason::invalid_body, "/result is no subscription, as was asked for");
    if (!subscriptions_.emplace(*answer.subscription, *topic).second)
        return reject(Reason::invalid_body, "/result is the name of another subscription");
    entry.standing = Standing::told;
    entry.subscription = *answer.subscription;
    if (entry.listeners.empty()) {
        to_end_.emplace_back(topic->kind, entry.subscription);
        forget(found);
        return tellings;
    }
    for (const auto& listener : entry.listeners) {
        if (auto notice = listener->gap()) tellings.push_back({listener, *std::move(notice)});
    }
    return tellings;
}

Result<RpcTellings> SubscriptionTable::take_notification(const PubsubNotification& notification) {
    RpcTellings tellings;
    const auto known = subscriptions_.find(notification.subscription);
    // One that was ended may still be on its way; one that comes before its name is known is in the gap.
    if (known == subscriptions_.end()) return tellings;
    const RpcTopic topic = known->second;
    Result<std::optional<RpcNotice>> notice = read_notice(notification, topic);
    if (!notice) return notice.error();
    if (!notice.value()) return tellings;
    const auto entry = entries_.find(topic);
    for (const auto& listener : entry->second.listeners) tellings.push_back({listener, *notice.value()});
    if (topic.kind != RpcTopic::Kind::signature) return tellings;
    // The node has ended it by itself.
    listeners_ -= entry->second.listeners.size();
    forget(entry);
    return tellings;
}

bool SubscriptionTable::tick(unsigned ticks_most) {
    for (auto& [topic, entry] : entries_) {
        if (entry.standing == Standing::refused && --entry.rest_ticks == 0) entry.standing = Standing::wanted;
    }
    bool all_in_time = true;
    for (auto& [id, request] : requests_) all_in_time = ++request.ticks <= ticks_most && all_in_time;
    return all_in_time;
}

}  // namespace libexec
