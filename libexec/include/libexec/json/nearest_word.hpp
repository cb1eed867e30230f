#pragma once

#include <algorithm>
#include <numeric>
#include <span>
#include <string_view>
#include <vector>

namespace libexec {

/// The word of `words` that `text` most likely meant, or empty when none is near: at most a third of its
/// letters differ, whatever the case; two neighbours swapped count as one difference.
inline std::string_view nearest_word(std::string_view text, std::span<const std::string_view> words) {
    if (text.size() > 40) return {};
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    const auto distance = [&](std::string_view word) {
        // Levenshtein with swaps (optimal string alignment), three rows at a time.
        const auto same = [&](std::size_t i, std::size_t j) { return lower(text[i]) == lower(word[j]); };
        std::vector<std::size_t> before, last(word.size() + 1), row;
        std::iota(last.begin(), last.end(), std::size_t{0});
        for (std::size_t i = 0; i < text.size(); ++i) {
            row.assign(1, i + 1);
            for (std::size_t j = 0; j < word.size(); ++j) {
                std::size_t steps = std::min({last[j] + (same(i, j) ? 0 : 1), row[j] + 1, last[j + 1] + 1});
                if (i > 0 && j > 0 && same(i, j - 1) && same(i - 1, j))
                    steps = std::min(steps, before[j - 1] + 1);
                row.push_back(steps);
            }
            before.swap(last);
            last.swap(row);
        }
        return last.back();
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
