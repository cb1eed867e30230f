#pragma once

#include <string>

#include "json_value.hpp"
#include "json_writer.hpp"
#include "libexec/model/routing_decision.hpp"

namespace libexec::json {

/// The members of a decision other than its quotes.
void write_decision_members(Writer& out, const RoutingDecision& decision);
/// `"quotes":[...]`: every answer with all there is to know.
void write_quotes(Writer& out, const RoutingDecision& decision);
/// `"quotes":[...]`: what each venue that answered would give.
void write_quotes_in_brief(Writer& out, const RoutingDecision& decision);

/// Reads those back: a decision that knows its venues and amounts and nothing else.
RoutingDecision read_quotes_in_brief(const std::vector<Value>& quotes, std::string& trouble);

/// Reads both parts back; they may be members of one object or of two.
RoutingDecision read_decision(const Value& members, const std::vector<Value>& quotes, std::string& trouble);

}  // namespace libexec::json
