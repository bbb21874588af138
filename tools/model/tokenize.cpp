#include <charconv>

#include "formats/language_model_file.h"
#include "ids.h"
#include "run.h"

namespace tenon::model_tool {

int run_tokenize(cli::Context& context, const TokenizeSettings& settings) {
  const auto file = formats::LanguageModelFile::open(settings.model);
  const auto tokenizer = text::make_tokenizer(file.vocabulary());
  const std::string text = settings.text == "-" ? context.read_all("-") : settings.text;
  const std::vector<std::int32_t> ids = tokenizer->encode(
      text, {.add_bos = settings.adds_bos, .parse_special = settings.parses_special});

  if (context.common().format == "text") {
    context.output().write(join_ids(ids) + "\n");
    return cli::kExitDone;
  }
  std::vector<std::string> pieces;
  for (const std::int32_t id : ids) pieces.push_back(tokenizer->piece(id, true));
  context.write(cli::Record("tokens")
                    .add("count", static_cast<std::int64_t>(ids.size()))
                    .add("token_ids", std::span<const std::int32_t>(ids))
                    .add("pieces", std::span<const std::string>(pieces)));
  return cli::kExitDone;
}

int run_detokenize(cli::Context& context, const DetokenizeSettings& settings) {
  const auto file = formats::LanguageModelFile::open(settings.model);
  const auto tokenizer = text::make_tokenizer(file.vocabulary());
  std::string listed;
  for (const std::string& argument : settings.ids) listed += argument + " ";
  if (settings.ids.empty() || (settings.ids.size() == 1 && settings.ids[0] == "-"))
    listed = context.read_all("-");
  const std::vector<std::int32_t> ids = parse_ids(listed, tokenizer->size());
  const std::string text = tokenizer->decode(ids, settings.shows_special);

  if (context.common().format == "text")
    context.output().write(text);
  else
    context.write(
        cli::Record("text").add("text", text).add("count", static_cast<std::int64_t>(ids.size())));
  return cli::kExitDone;
}

}  // namespace tenon::model_tool
