// Every rule, on chains and trees, at every temperature and under every sampler, against the exact
// distribution; and three rules known to be wrong, which must be found out.
#include "speculative/exactness.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>

#include "speculative/drafters/draw_children.h"
#include "speculative/verification/remaining.h"

using namespace tenon;
using namespace tenon::speculative;
using namespace tenon::test;
using sampling::SamplerChain;
using sampling::SamplingOptions;

namespace {

constexpr std::int64_t kDrawsPerCell = 7000;  // 160 cells: 1.12 million texts
// A cell that is right falls below this once in 10^5.
constexpr double kLeastPValue = 1e-5;

const PrefixModel& target_model() {
  static const PrefixModel model(kVocab, kLength - 1 + kDeepest, 1, 1.3f);
  return model;
}
const PrefixModel& draft_model() {
  static const PrefixModel model = [] {
    PrefixModel mixed(kVocab, kLength - 1 + kDeepest, 2, 0.9f);
    mixed.mix(target_model(), 0.7f);
    return mixed;
  }();
  return model;
}

struct NamedOptions {
  std::string name;
  SamplingOptions options;
};

std::vector<NamedOptions> samplers() {
  const double never = -std::numeric_limits<double>::infinity();
  return {{"plain", {}},
          {"top-k", {.top_k = 3}},
          {"top-p", {.top_p = 0.8}},
          {"min-p", {.min_p = 0.15}},
          {"typical-p", {.typical_p = 0.8}},
          {"penalties",
           {.repeat_penalty = 1.3,
            .presence_penalty = 0.4,
            .frequency_penalty = 0.5,
            .penalty_window = 4}},
          {"logit bias", {.logit_bias = {{2, never}, {4, 1.0}}}},
          {"all",
           {.top_k = 4,
            .typical_p = 0.98,
            .top_p = 0.95,
            .min_p = 0.05,
            .presence_penalty = 0.6,
            .logit_bias = {{0, 0.5}}}}};
}

SamplingOptions at_temperature(SamplingOptions options, double temperature) {
  options.temperature = temperature;
  options.seed = 7;
  if (temperature == 0.0) {  // which refuses cuts
    options.top_k = 0;
    options.typical_p = options.top_p = 1.0;
    options.min_p = 0.0;
  }
  return options;
}

enum class Siblings { Listed, Drawn, Shared };
enum class Form { Chain, Tree };

/// A draft model over the same chain of samplers. Its distributions are kept by prefix.
class TableDrafter {
 public:
  TableDrafter(const SamplerChain& chain, Form shape, Siblings siblings)
      : chain_(chain), shape_(shape), siblings_(siblings), known_(draft_model().prefixes()) {}

  TokenTree operator()(const Step& step) {
    TokenTree tree;
    std::vector<std::int32_t> answer(step.answer.begin(), step.answer.end());
    add_children(tree, TokenTree::kRoot, answer, step, shape_ == Form::Chain ? 1 : 3);
    const std::int32_t first_level = tree.size();
    for (std::int32_t node = 0; node < first_level; ++node) {
      answer.push_back(tree.node(node).token);
      add_children(tree, node, answer, step, shape_ == Form::Chain ? 1 : 2);
      answer.pop_back();
    }
    return tree;
  }

  const std::vector<double>& distribution(const std::vector<std::int32_t>& answer) {
    auto& known = known_[draft_model().index_of(answer)];
    if (known.empty()) {
      std::vector<std::int32_t> context = kPrompt;
      context.insert(context.end(), answer.begin(), answer.end());
      known = chain_.distribution(draft_model().logits_after(answer), context);
    }
    return known;
  }

 private:
  void add_children(TokenTree& tree, std::int32_t parent, const std::vector<std::int32_t>& answer,
                    const Step& step, std::int32_t count) {
    const std::vector<double>& q = distribution(answer);
    if (siblings_ == Siblings::Listed) {
      std::vector<std::int32_t> order(kVocab);
      std::iota(order.begin(), order.end(), 0);
      std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
        return q[static_cast<std::size_t>(a)] > q[static_cast<std::size_t>(b)];
      });
      for (std::int32_t i = 0; i < count; ++i) tree.add(parent, order[static_cast<std::size_t>(i)]);
      return;
    }
    const std::uint64_t seed = chain_.options().seed;
    // A node's own noise: two nodes of one depth must not share it where it must be independent.
    const RandomStream noise =
        siblings_ == Siblings::Shared
            ? RandomStream(seed, "gumbel", step.sequence, kPrompt.size() + answer.size())
            : draft_noise(seed, step.sequence, step.text.size(), parent);
    draw_children(tree, parent, q, noise, count);
  }

  const SamplerChain& chain_;
  Form shape_;
  Siblings siblings_;
  std::vector<std::vector<double>> known_;  // by prefix
};

struct Cell {
  std::string name;
  std::shared_ptr<Verification> rule;
  Form shape;
  Siblings siblings;
  SamplingOptions options;
  Comparison result;
  std::int64_t unlike_plain = 0;  // texts that plain decoding does not write with the same seed
};

std::vector<std::int32_t> plain(const SamplerChain& chain, std::uint64_t sequence) {
  std::vector<std::int32_t> answer, context = kPrompt;
  while (answer.size() < kLength) {
    answer.push_back(
        chain.draw(target_model().logits_after(answer), context, sequence, context.size()));
    context.push_back(answer.back());
  }
  return answer;
}

void run(Cell& cell, std::int64_t draws) {
  const SamplerChain chain(cell.options);
  TableDrafter drafter(chain, cell.shape, cell.siblings);
  const Proposer propose = [&](const Step& step) { return drafter(step); };
  std::vector<std::int64_t> counts(text_count(), 0);
  const bool must_equal = cell.rule->guarantee() == Guarantee::SameBytes;
  for (std::int64_t i = 0; i < draws; ++i) {
    const auto sequence = static_cast<std::uint64_t>(i);
    const auto text = speculate(target_model(), chain, *cell.rule, propose, sequence);
    ++counts[text_number(text)];
    if (must_equal && text != plain(chain, sequence)) ++cell.unlike_plain;
  }
  cell.result = compare(counts, enumerate(target_model(), chain));
}

void run_all(std::vector<Cell>& cells, std::int64_t draws) {
  const auto every_second = [&](std::size_t begin) {
    for (std::size_t i = begin; i < cells.size(); i += 2) run(cells[i], draws);
  };
  std::thread other(every_second, 1);
  every_second(0);
  other.join();
}

std::vector<Cell> cells_at(double temperature) {
  struct Way {
    const char* rule;
    Form shape;
    Siblings siblings;
    const char* name;
  };
  const Way ways[] = {{"coupled", Form::Chain, Siblings::Listed, "coupled, listed chain"},
                      {"coupled", Form::Chain, Siblings::Shared, "coupled, chain of shared noise"},
                      {"coupled", Form::Tree, Siblings::Listed, "coupled, listed tree"},
                      {"coupled", Form::Tree, Siblings::Shared, "coupled, tree of shared noise"},
                      {"rejection", Form::Chain, Siblings::Listed, "rejection, listed chain"},
                      {"rejection", Form::Chain, Siblings::Drawn, "rejection, drawn chain"},
                      {"rejection", Form::Tree, Siblings::Listed, "rejection, listed tree"},
                      {"rejection", Form::Tree, Siblings::Drawn, "rejection, drawn tree"},
                      {"block", Form::Chain, Siblings::Listed, "block, listed chain"},
                      {"block", Form::Chain, Siblings::Drawn, "block, drawn chain"}};
  std::vector<Cell> cells;
  for (const Way& way : ways)
    for (const NamedOptions& sampler : samplers())
      cells.push_back({std::string(way.name) + ", " + sampler.name,
                       make_verification(way.rule),
                       way.shape,
                       way.siblings,
                       at_temperature(sampler.options, temperature),
                       {}});
  return cells;
}

}  // namespace

TEST_CASE("every rule keeps the law of plain decoding, under every sampler, on chains and trees") {
  std::vector<Cell> cells = cells_at(0.7);
  for (Cell& cell : cells_at(1.3)) cells.push_back(std::move(cell));
  REQUIRE(static_cast<std::int64_t>(cells.size()) * kDrawsPerCell >= 1'000'000);
  run_all(cells, kDrawsPerCell);
  int below_one_percent = 0;
  for (const Cell& cell : cells) {
    INFO(cell.name, " at temperature ", cell.options.temperature);
    CHECK(cell.result.p_value > kLeastPValue);
    CHECK(cell.result.total_variation < cell.result.variation_bound);
    CHECK(cell.result.impossible == 0);
    CHECK(cell.unlike_plain == 0);
    below_one_percent += cell.result.p_value < 0.01 ? 1 : 0;
  }
  // 1.6 are expected; more than 8 come by chance once in 10^4.
  CHECK(below_one_percent <= 8);
}

TEST_CASE("at temperature 0 every rule writes the greedy text") {
  std::vector<Cell> cells = cells_at(0.0);
  for (const double epsilon : {0.09, 0.5})
    for (const Form shape : {Form::Chain, Form::Tree})
      cells.push_back({"typical",
                       make_verification("typical", {.epsilon = epsilon}),
                       shape,
                       Siblings::Listed,
                       at_temperature({}, 0.0),
                       {}});
  run_all(cells, 20);
  for (const Cell& cell : cells) {
    INFO(cell.name);
    CHECK(cell.result.total_variation == 0.0);
    CHECK(cell.result.impossible == 0);
  }
}

namespace {

/// Wrong rule: the residual p - q is taken after both lists were sorted by probability and paired by
/// place.
class SortedResidual : public Verification {
 public:
  std::string_view name() const override { return "sorted residual"; }
  Guarantee guarantee() const override { return Guarantee::SameLaw; }
  Verdict accept(const Draft& draft, const SamplerChain& chain) const override {
    const RandomStream numbers =
        acceptance_numbers(chain.options().seed, draft.sequence, draft.text.size());
    Verdict verdict;
    std::vector<std::int32_t> text(draft.text.begin(), draft.text.end());
    for (std::int32_t node = TokenTree::kRoot;; ++node) {
      std::vector<double> p = chain.distribution(draft.logits_after(node), text);
      if (node + 1 < draft.tree.size()) {
        const std::vector<double>& q = *draft.tree.drawn_from(node);
        const std::int32_t token = draft.tree.node(node + 1).token;
        const auto at = static_cast<std::size_t>(token);
        if (numbers.uniform(static_cast<std::size_t>(node + 1)) * q[at] < p[at]) {
          verdict.path.push_back(node + 1);
          verdict.tokens.push_back(token);
          text.push_back(token);
          continue;
        }
        std::vector<std::size_t> order(p.size());
        std::iota(order.begin(), order.end(), 0u);
        std::sort(order.begin(), order.end(), [&](auto a, auto b) { return p[a] > p[b]; });
        std::vector<double> sorted_q = q;
        std::sort(sorted_q.rbegin(), sorted_q.rend());
        for (std::size_t i = 0; i < order.size(); ++i)
          p[order[i]] = std::max(0.0, p[order[i]] - sorted_q[i]);
      }
      verdict.tokens.push_back(draw_by_weight(
          p, residual_noise(chain.options().seed, draft.sequence, draft.text.size())));
      return verdict;
    }
  }
};

Comparison compare_mutant(const SamplerChain& chain, const Verification& rule,
                          const Proposer& propose) {
  std::vector<std::int64_t> counts(text_count(), 0);
  for (std::uint64_t i = 0; i < kDrawsPerCell; ++i)
    ++counts[text_number(speculate(target_model(), chain, rule, propose, i))];
  return compare(counts, enumerate(target_model(), chain));
}

void check_is_rejected(const Comparison& result) {
  CHECK(result.p_value < 1e-9);
  CHECK(result.total_variation > result.variation_bound);
}

}  // namespace

TEST_CASE("the comparison rejects an arg-max draft that is tested with p / q") {
  const SamplerChain chain(at_temperature({}, 1.3));
  for (const Form shape : {Form::Chain, Form::Tree}) {
    TableDrafter drafter(chain, shape, Siblings::Listed);
    for (const char* rule : {"rejection", "block"}) {
      if (shape == Form::Tree && std::string(rule) == "block") continue;
      const auto mutant = compare_mutant(chain, *make_verification(rule), [&](const Step& step) {
        TokenTree tree = drafter(step);
        std::vector<std::int32_t> answer(step.answer.begin(), step.answer.end());
        tree.set_drawn_from(TokenTree::kRoot, drafter.distribution(answer));
        return tree;
      });
      check_is_rejected(mutant);
    }
  }
}

TEST_CASE("the comparison rejects a residual that is misaligned by sorting") {
  const SamplerChain chain(at_temperature({}, 1.3));
  TableDrafter drafter(chain, Form::Chain, Siblings::Drawn);
  check_is_rejected(compare_mutant(chain, SortedResidual(), std::ref(drafter)));
}

TEST_CASE("the comparison rejects probabilities from before the cut for a draft drawn after it") {
  const SamplerChain cut(at_temperature({.top_k = 2}, 1.3)), uncut(at_temperature({}, 1.3));
  TableDrafter drafter(cut, Form::Chain, Siblings::Drawn);
  TableDrafter raw(uncut, Form::Chain, Siblings::Drawn);
  const auto mutant = compare_mutant(cut, *make_verification("rejection"), [&](const Step& step) {
    TokenTree tree = drafter(step);
    std::vector<std::int32_t> answer(step.answer.begin(), step.answer.end());
    tree.set_drawn_from(TokenTree::kRoot, raw.distribution(answer));
    return tree;
  });
  check_is_rejected(mutant);
}

TEST_CASE("the comparison rejects noise of the draft that is used again for the residual") {
  // The drafter draws with the numbers that the residual is drawn with.
  const SamplerChain chain(at_temperature({}, 1.3));
  TableDrafter drafter(chain, Form::Chain, Siblings::Drawn);
  const auto mutant = compare_mutant(chain, *make_verification("rejection"), [&](const Step& step) {
    TokenTree tree;
    const std::vector<std::int32_t> answer(step.answer.begin(), step.answer.end());
    draw_children(tree, TokenTree::kRoot, drafter.distribution(answer),
                  residual_noise(chain.options().seed, step.sequence, step.text.size()), 1);
    return tree;
  });
  check_is_rejected(mutant);
}
