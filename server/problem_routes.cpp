#include "problem_routes.hpp"

#include <vector>

#include "accept.hpp"
#include "libexec/json/nearest_word.hpp"

namespace libexec::server {
namespace {

std::string page_of(const ProblemType& type) {
    std::string page(type.title);
    page += "\n\n" + std::string(type.help) + "\n\ncode: " + std::string(type.code);
    page += "\nstatus: " + std::to_string(type.status);
    page += type.retryable ? "\nretryable: yes, the same request may succeed later\n"
                           : "\nretryable: no, the same request fails again\n";
    return page;
}

std::string unknown_code(std::string_view code) {
    constexpr std::size_t shown_most = 64;
    std::vector<std::string_view> codes;
    std::string list;
    for (const ProblemType& type : problem_types()) {
        codes.push_back(type.code);
        list += (list.empty() ? "" : ", ") + std::string(type.code);
    }
    const std::string_view near = nearest_word(code, codes);
    return "there is no problem '" + std::string(code.substr(0, shown_most)) + "'" +
           (near.empty() ? "" : ", did you mean '" + std::string(near) + "'?") + " The codes are: " + list;
}

}  // namespace

Task<void> explain_problem(Call& call) {
    const ProblemType* const type = find_problem_type(call.id_text);
    if (type == nullptr) {
        call.refuse("not_found", unknown_code(call.id_text));
        co_return;
    }
    HttpResponse response(200, encode_problem_type(*type));
    if (preferred_type(call.request(), {"application/json", "text/plain"}) == "text/plain") {
        response.body = page_of(*type);
        response.content_type = "text/plain; charset=utf-8";
    }
    response.with("Vary", "Accept");
    call.answer(std::move(response));
}

}  // namespace libexec::server
