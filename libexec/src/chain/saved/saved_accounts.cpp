#include "libexec/chain/saved_accounts.hpp"

#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>
#include <vector>

#include "account_document.hpp"
#include "libexec/solana/clock_state.hpp"
#include "libexec/solana/well_known.hpp"

namespace libexec {

namespace fs = std::filesystem;
using saved::Field;
using saved::trouble;

namespace {

const std::string save_anew = "save it anew with `solana account ADDRESS --output json --output-file FILE`";

Rejection folder_trouble(const std::string& folder, const std::string& what) {
    return reject(Reason::invalid_parameter, "the folder '" + folder + "' " + what);
}

/// What stands in a file; nothing but a word of why not when it cannot be read.
Result<std::string> text_of(const fs::path& path) {
    const std::string name = path.string();
    std::error_code error;
    if (!fs::is_regular_file(path, error))
        return trouble(name, "is no file: the folder may hold account files alone, move it away");
    const std::uintmax_t size = fs::file_size(path, error);
    if (!error && size > SavedAccounts::file_size_most)
        return trouble(name, "has " + std::to_string(size) + " bytes, and at most " +
                                 std::to_string(SavedAccounts::file_size_most) +
                                 " are read: write its accounts into several files");
    std::ifstream stream(path, std::ios::binary);
    std::string text(error ? 0 : static_cast<std::size_t>(size), '\0');
    if (!stream || !stream.read(text.data(), static_cast<std::streamsize>(text.size())) ||
        stream.peek() != std::ifstream::traits_type::eof())
        return trouble(name, "cannot be read: see its permissions, or whether it is being written");
    return text;
}

/// The files of a folder by their names, so that what is said of them does not depend on the disk.
Result<std::set<fs::path>> files_of(const std::string& folder) {
    std::error_code error;
    const fs::file_status status = fs::status(folder, error);
    if (status.type() == fs::file_type::not_found)
        return reject(Reason::not_found, "there is no folder '" + folder + "'");
    if (!fs::is_directory(status))
        return reject(Reason::invalid_parameter,
                      "'" + folder + "' is no folder: name the one that holds the account files");
    std::set<fs::path> files;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        if (entry->path().filename().string().starts_with('.')) continue;
        if (files.size() == SavedAccounts::files_most)
            return folder_trouble(folder, "holds more than " + std::to_string(SavedAccounts::files_most) +
                                              " files: a pool needs far less, leave out the others");
        files.insert(entry->path());
    }
    if (error) return folder_trouble(folder, "cannot be read (" + error.message() + ")");
    if (files.empty())
        return folder_trouble(folder,
                              "holds no files: put those of the pool's accounts there, a file each, as "
                              "`solana account ADDRESS --output json --output-file FILE` writes them");
    return files;
}

}  // namespace

std::optional<std::uint64_t> SavedAccounts::slot() const {
    if (slot_) return slot_->slot;
    if (clock_) return clock_->slot;
    return std::nullopt;
}

Result<Done> SavedAccounts::add(const std::string& file, std::string_view text) {
    const Result<JsonValue> parsed = JsonValue::parse(text);
    if (!parsed) return trouble(file, "is no JSON (" + parsed.error().detail + "): " + save_anew);
    const Field root{"", parsed.value()};
    const Field bundle = root.member("accounts");
    if (bundle.value.is_null()) {
        const bool wrapped = root.value.has("account");
        if (!root.value.is_object() || !root.value.has("pubkey") || (!wrapped && !root.value.has("data")))
            return trouble(file,
                           "is no account: it has neither \"pubkey\" and \"account\" nor \"accounts\"; " +
                               save_anew + ", or move it away");
        const auto key = saved::read_key(file, root.member("pubkey"));
        if (!key) return key.error();
        auto account = saved::read_account(file, wrapped ? root.member("account") : root);
        if (!account) return account.error();
        return keep(file, key.value(), std::move(account).value());
    }
    if (!bundle.value.is_object())
        return trouble(file, "accounts is " + bundle.shown() + ", and has to be an object of addresses");
    if (const Field slot = root.member("slot"); !slot.value.is_null()) {
        const auto number = saved::read_number(file, slot);
        if (!number) return number.error();
        if (const auto agreed = agree_on_slot(file, number.value()); !agreed) return agreed.error();
    }
    if (const Field clock = root.member("clock"); !clock.value.is_null()) {
        const auto read = saved::read_clock(file, clock);
        if (!read) return read.error();
        if (const auto agreed = agree_on_slot(file, read.value().slot); !agreed) return agreed.error();
        clock_ = read.value();
        clock_is_of_bundle_ = true;
    }
    for (const std::string& name : bundle.value.names()) {
        const auto key = PublicKey::parse(name);
        if (!key)
            return trouble(file, "accounts has the name '" + name.substr(0, 60) +
                                     "', and has to have addresses: base58 of 32 bytes");
        auto account = saved::read_account(file, bundle.member(name));
        if (!account) return account.error();
        if (const auto kept = keep(file, *key, std::move(account).value()); !kept) return kept.error();
    }
    return Done{};
}

Result<Done> SavedAccounts::keep(const std::string& file, const PublicKey& key, AccountState account) {
    // A file named by one address that holds another was renamed or mixed up: no guess which one is meant.
    const fs::path path(file);
    const auto named = PublicKey::parse(path.stem().string());
    if (named && *named != key && path.extension() == ".json")
        return trouble(
            file, "holds the account " + key.to_string() + ", which is not what it is called: " + save_anew);
    if (const auto known = files_.find(key); known != files_.end())
        return trouble(file, "the account " + key.to_string() + " stands in '" + known->second +
                                 "' already: one of them is old, move it away");
    if (key == well_known::clock_sysvar && !clock_is_of_bundle_) {
        const auto clock = read_clock(account);
        if (!clock)
            return trouble(file, "the account " + key.to_string() +
                                     " is not the chain's clock: it has to have 40 bytes and belong to "
                                     "Sysvar1111111111111111111111111111111111111");
        clock_ = clock.value();
    }
    files_.emplace(key, file);
    accounts_[key] = std::move(account);
    return Done{};
}

Result<Done> SavedAccounts::agree_on_slot(const std::string& file, std::uint64_t slot) {
    if (!slot_) slot_ = Source{file, slot};
    if (slot_->slot == slot) return Done{};
    return trouble(file, "is of slot " + std::to_string(slot) + ", and '" + slot_->file + "' of slot " +
                             std::to_string(slot_->slot) +
                             ": accounts of different slots are no one state, keep those of one");
}

Result<SavedAccounts> read_saved_accounts(const std::string& folder) {
    const auto files = files_of(folder);
    if (!files) return files.error();
    SavedAccounts snapshot;
    for (const fs::path& file : files.value()) {
        const auto text = text_of(file);
        if (!text) return text.error();
        if (const auto added = snapshot.add(file.string(), text.value()); !added) return added.error();
    }
    return snapshot;
}

}  // namespace libexec
