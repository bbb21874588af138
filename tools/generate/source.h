#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/context.h"
#include "generation/chat_prompt.h"
#include "generation/generator.h"
#include "generation/records.h"
#include "options.h"
#include "text/tokenizer.h"

namespace tenon::generate {

/// Turns what was asked into tokens.
class Prompts {
 public:
  Prompts(const text::Tokenizer& tokenizer, const Options& options);

  /// A text, which --chat makes a message of the user.
  std::vector<std::int32_t> encode(const std::string& prompt);
  /// A conversation; --system goes in front of one that has no such message.
  std::vector<std::int32_t> encode(std::vector<text::ChatMessage> messages);
  /// Refuses from now on prompts that do not begin with these tokens of --load-state.
  void require_prefix(std::vector<std::int32_t> tokens) { prefix_ = std::move(tokens); }

 private:
  std::vector<std::int32_t> checked(std::vector<std::int32_t> prompt) const;

  const text::Tokenizer& tokenizer_;
  const Options& options_;
  std::optional<generation::ChatPrompt> chat_;  // made when first needed
  std::vector<std::int32_t> prefix_;
};

/// Which record a request came from.
struct RecordPlace {
  std::string id_json;
  long line = 0;  // 0: the prompt of the command line
  std::int64_t samples = 1;
  std::uint64_t seed = 0;
};

/// Requests with their places in the input.
class PlacedSource : public generation::RequestSource {
 public:
  /// Of the request of this number.
  const RecordPlace& place(std::size_t request) const { return places_.at(request); }
  void forget(std::size_t request) { places_.erase(request); }
  /// The name of the input, for messages; empty for a prompt of the command line.
  virtual const std::string& name() const = 0;

 protected:
  void add_place(RecordPlace place) { places_.emplace(next_++, std::move(place)); }

 private:
  std::size_t next_ = 0;
  std::map<std::size_t, RecordPlace> places_;
};

/// The one prompt of the command line.
std::unique_ptr<PlacedSource> single_source(generation::Request request);

/// The records of --input, as far as they are in the shard.
std::unique_ptr<PlacedSource> record_source(cli::Context& context, const Options& options,
                                            const generation::RequestSettings& defaults,
                                            Prompts& prompts);

}  // namespace tenon::generate
