#pragma once

#include <algorithm>
#include <numeric>
#include <span>
#include <string_view>
#include <vector>

namespace libexec {

/// The word of `words` that `text` most likely meant, or empty when none is near: at most a third of its
/// letters differ, whatever the case.
inline std::string_view nearest_word(std::string_view text, std::span<const std::string_view> words) {
    if (text.size() > 40) return {};
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    const auto distance = [&](std::string_view word) {
        // Levenshtein, one row at a time.
        std::vector<std::size_t> row(word.size() + 1);
        std::iota(row.begin(), row.end(), std::size_t{0});
        for (std::size_t i = 0; i < text.size(); ++i) {
            std::size_t diagonal = row[0];
            row[0] = i + 1;
            for (std::size_t j = 0; j < word.size(); ++j) {
                const std::size_t replaced = diagonal + (lower(text[i]) == lower(word[j]) ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
            }
        }
        return row.back();
    };
    std::string_view best;
    std::size_t best_distance = 0;
    for (const std::string_view word : words) {
        const std::size_t steps = distance(word);
        if (steps * 3 <= std::max(word.size(), text.size()) && (best.empty() || steps < best_distance)) {
            best = word;
            best_distance = steps;
        }
    }
    return best;
}

}  // namespace libexec
