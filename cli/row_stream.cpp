#include "row_stream.hpp"

#include <ostream>

namespace libexec::cli {
namespace {

std::string padded(std::string text, std::size_t width, bool right) {
    const std::size_t used = width_of(text);
    if (used >= width) return text;
    const std::string blanks(width - used, ' ');
    return right ? blanks + text : text + blanks;
}

}  // namespace

RowStream::RowStream(const Context& context, std::vector<Column> columns, std::vector<std::size_t> widths)
    : context_(context),
      options_(context.options),
      columns_(std::move(columns)),
      widths_(std::move(widths)),
      held_(columns_) {
    for (std::size_t i = 0; i < columns_.size(); ++i)
        columns_[i].title = padded(columns_[i].title, widths_[i], columns_[i].right);
}

void RowStream::pad(std::vector<Cell>& row) const {
    const Style& style = context_.console.style;
    for (std::size_t i = 0; i < row.size(); ++i) {
        const std::string shown = row[i].shown.empty() ? "-" : printable(style, row[i].shown);
        row[i].shown = padded(shown, widths_[i], columns_[i].right);
    }
}

void RowStream::add(std::vector<Cell> row, JsonValue item) {
    if (options_.output == Output::json) {
        held_.add(std::move(row), std::move(item));
        return;
    }
    pad(row);
    Sheet one(columns_);
    one.add(std::move(row), std::move(item));
    one.print(Context{context_.wire, options_, context_.console, context_.clock});
    context_.console.out.flush();
    options_.header = false;
}

void RowStream::finish() {
    if (options_.output == Output::json) held_.print(context_);
}

}  // namespace libexec::cli
