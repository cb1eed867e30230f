#include "sheet.hpp"

#include <algorithm>
#include <cassert>
#include <ostream>

#include "libexec/json/nearest_word.hpp"
#include "trouble.hpp"

namespace libexec::cli {
namespace {

std::string padded(std::string text, std::size_t width, bool right) {
    const std::size_t blanks = width - std::min(width, width_of(text));
    return right ? std::string(blanks, ' ') + text : text + std::string(blanks, ' ');
}

std::string without_trailing_blanks(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

}  // namespace

std::string csv_field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
    std::string field = "\"";
    for (const char c : text) field += c == '"' ? "\"\"" : std::string(1, c);
    return field + "\"";
}

void Sheet::add(std::vector<Cell> row, JsonValue item) {
    assert(row.size() == columns_.size());
    rows_.push_back({std::move(row), std::move(item)});
}

void Sheet::print(const Context& context, const JsonValue& document, std::string_view when_empty) const {
    const std::vector<std::size_t> columns = chosen(context.options);
    std::ostream& out = context.console.out;
    switch (context.options.output) {
        case Output::table:
            if (rows_.empty() && !when_empty.empty()) {
                context.console.err << when_empty << '\n';
            } else {
                print_table(context, columns);
            }
            break;
        case Output::csv:
            print_csv(context, columns);
            break;
        case Output::ndjson:
            for (const Row& row : rows_) out << item_json(row) << '\n';
            break;
        case Output::json:
            if (!document.is_null()) {
                out << document.json() << '\n';
                break;
            }
            out << "{\"items\":[";
            for (const Row& row : rows_) out << (&row == rows_.data() ? "" : ",") << item_json(row);
            out << "]}\n";
            break;
    }
}

void Sheet::print_one(const Context& context, const JsonValue& document) const {
    assert(rows_.size() == 1);
    if (context.options.output == Output::json || context.options.output == Output::ndjson) {
        context.console.out << (document.is_null() ? item_json(rows_.front()) : document.json()) << '\n';
    } else {
        print(context);
    }
}

std::vector<std::size_t> Sheet::chosen(const Options& options) const {
    std::vector<std::size_t> chosen;
    if (options.columns.empty()) {
        const bool all = options.wide || options.output != Output::table;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (all || !columns_[i].wide_only) chosen.push_back(i);
        }
        return chosen;
    }
    std::vector<std::string_view> keys;
    std::string all;
    for (const Column& column : columns_) {
        keys.push_back(column.key);
        all += (all.empty() ? "" : ", ") + column.key;
    }
    for (const std::string& wanted : options.columns) {
        const auto found = std::find(keys.begin(), keys.end(), wanted);
        if (found == keys.end()) {
            const std::string_view nearest = nearest_word(wanted, keys);
            throw Trouble(usage_complaint(
                "there is no column '" + wanted + "'",
                nearest.empty() ? "the columns are " + all : "did you mean '" + std::string(nearest) + "'?"));
        }
        chosen.push_back(static_cast<std::size_t>(found - keys.begin()));
    }
    return chosen;
}

std::string Sheet::item_json(const Row& row) const {
    if (!row.item.is_null()) return row.item.json();
    std::string object = "{";
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const std::string& raw = row.cells[i].raw;
        object += (i == 0 ? "" : ",") + to_json_string(columns_[i].key) + ":" +
                  (raw.empty() ? "null" : to_json_string(raw));
    }
    return object + "}";
}

void Sheet::print_table(const Context& context, const std::vector<std::size_t>& columns) const {
    const Style& style = context.console.style;
    const auto shown = [&](const Cell& cell) {
        return cell.shown.empty() ? std::string("-") : printable(style, cell.shown);
    };
    std::vector<std::size_t> widths;
    for (const std::size_t column : columns) {
        std::size_t width = context.options.header ? width_of(columns_[column].title) : 0;
        for (const Row& row : rows_) width = std::max(width, width_of(shown(row.cells[column])));
        widths.push_back(width);
    }
    const auto write = [&](const auto& text_of) {
        std::string line;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            line += (i == 0 ? "" : "  ") + text_of(columns[i], widths[i]);
        }
        line = without_trailing_blanks(std::move(line));
        if (style.in_place && !context.options.wide) line = cut_to_width(line, style.columns);
        context.console.out << line << '\n';
    };
    if (context.options.header) {
        write([&](std::size_t column, std::size_t width) {
            return padded(columns_[column].title, width, columns_[column].right);
        });
    }
    for (const Row& row : rows_) {
        write([&](std::size_t column, std::size_t width) {
            const Cell& cell = row.cells[column];
            return paint(style, cell.colour, padded(shown(cell), width, columns_[column].right));
        });
    }
}

void Sheet::print_csv(const Context& context, const std::vector<std::size_t>& columns) const {
    std::ostream& out = context.console.out;
    const auto write = [&](const auto& text_of) {
        for (const std::size_t column : columns) {
            out << (column == columns.front() ? "" : ",") << csv_field(text_of(column));
        }
        out << "\r\n";
    };
    if (context.options.header) {
        write([&](std::size_t column) -> const std::string& { return columns_[column].key; });
    }
    for (const Row& row : rows_) {
        write([&](std::size_t column) -> const std::string& { return row.cells[column].raw; });
    }
}

}  // namespace libexec::cli
