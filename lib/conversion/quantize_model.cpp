#include "conversion/quantize_model.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "precision/block_formats.h"

namespace tenon::conversion {

namespace {

constexpr std::size_t kPieceBytes = std::size_t{32} << 20;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool is_integer(DType dtype) {
  switch (dtype) {
    case DType::I8:
    case DType::I16:
    case DType::I32:
    case DType::I64:
    case DType::U8:
    case DType::Bool:
      return true;
    default:
      return false;
  }
}

/// Matrices that are small or read number by number, so that storing them shorter saves nothing.
bool is_kept(std::string_view name) {
  constexpr std::string_view kParts[] = {"ffn_gate_inp.", "ssm_conv1d",   "shortconv.conv",
                                         "position_embd", "token_types.", "attn_rel_b"};
  return std::ranges::any_of(kParts, [&](std::string_view part) { return contains(name, part); });
}

bool is_norm(std::string_view name) {
  return contains(name, "_norm.") || name.starts_with("norm.") || contains(name, ".norm.");
}

/// What stands in for a type whose blocks of 256 do not divide a row, as in llama.cpp's quantize.
DType smaller_block(DType dtype) {
  switch (dtype) {
    case DType::Q2_K:
    case DType::Q3_K:
      return DType::IQ4_NL;
    case DType::Q4_K:
      return DType::Q5_0;
    case DType::Q5_K:
      return DType::Q5_1;
    case DType::Q6_K:
      return DType::Q8_0;
    default:
      return DType::F16;
  }
}

/// A type whose block divides the row.
DType fitting_dtype(DType dtype, std::int64_t row_elements) {
  const auto fits = [&](DType candidate) {
    return row_elements % dtype_info(candidate).block_elements == 0;
  };
  if (fits(dtype)) return dtype;
  const DType smaller = smaller_block(dtype);
  return fits(smaller) ? smaller : DType::F16;
}

class Planner {
 public:
  Planner(const WeightSource& source, const QuantizeOptions& options)
      : options_(options),
        has_output_(std::ranges::find(source.names(), "output.weight") != source.names().end()) {
    refuse_unwritable(options.dtype);
    if (options.output_dtype) refuse_unwritable(*options.output_dtype);
    if (options.embedding_dtype) refuse_unwritable(*options.embedding_dtype);
    for (const TypeRule& rule : options.rules) refuse_unwritable(rule.dtype);
  }

  TensorPlan plan(const std::string& name, const TensorView& view) const {
    TensorPlan plan{name, view.shape, view.dtype, view.dtype, TypeReason::Kept};
    if (is_integer(view.dtype)) return plan;
    if (view.shape.rank() < 2 || is_norm(name)) {
      plan.to = DType::F32;
      plan.reason = TypeReason::Vector;
      return plan;
    }
    if (!choose(name, plan)) return plan;
    const DType fitting = fitting_dtype(plan.to, view.row_elements());
    if (fitting != plan.to) plan.reason = TypeReason::Fallback;
    plan.to = fitting;
    return plan;
  }

 private:
  static void refuse_unwritable(DType dtype) {
    if (!precision::can_quantize(dtype))
      throw Error(ErrorKind::Usage,
                  "weights cannot be written as " + std::string(dtype_name(dtype)))
          .hint(
              "choose one of F32 F16 BF16 Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 IQ4_NL Q2_K Q3_K Q4_K Q5_K "
              "Q6_K");
  }

  /// Sets the type and the reason of a matrix; false: it is kept.
  bool choose(const std::string& name, TensorPlan& plan) const {
    const auto set = [&](DType dtype, TypeReason reason) {
      plan.to = dtype;
      plan.reason = reason;
      return true;
    };
    for (auto rule = options_.rules.rbegin(); rule != options_.rules.rend(); ++rule)
      if (contains(name, rule->part)) return set(rule->dtype, TypeReason::Rule);
    if (is_kept(name)) return false;
    const bool is_embedding = name == "token_embd.weight";
    if (name == "output.weight" || (is_embedding && !has_output_)) {
      if (options_.output_dtype) return set(*options_.output_dtype, TypeReason::Output);
      const bool is_short = dtype_info(options_.dtype).is_block_quantised &&
                            options_.dtype != DType::Q8_0 && options_.dtype != DType::Q6_K;
      if (is_short && !options_.is_pure) return set(DType::Q6_K, TypeReason::Output);
    } else if (is_embedding && options_.embedding_dtype) {
      return set(*options_.embedding_dtype, TypeReason::Embedding);
    }
    return set(options_.dtype, TypeReason::Asked);
  }

  const QuantizeOptions& options_;
  bool has_output_;
};

/// Sums over one row; rows are added in their order, so that the team's size changes no bit.
struct RowError {
  double squares = 0;  // of the source
  double squared_error = 0;
  double max_error = 0;
};

RowError row_error(std::span<const float> source, std::span<const float> stored) {
  RowError error;
  for (std::size_t i = 0; i < source.size(); ++i) {
    const double number = double{source[i]};
    const double miss = std::fabs(number - double{stored[i]});
    error.squares += number * number;
    error.squared_error += miss * miss;
    error.max_error = std::max(error.max_error, miss);
  }
  return error;
}

/// Rows [first, first + rows.size()) of a tensor into `bytes`.
void convert_rows(const WeightSource& source, const TensorPlan& plan, const TensorView& view,
                  std::int64_t first, std::span<RowError> rows, std::byte* bytes, Team& team) {
  const auto elements = static_cast<std::size_t>(view.row_elements());
  const std::size_t stride = row_bytes(plan.to, elements);
  team.parallel_for(static_cast<std::ptrdiff_t>(rows.size()), 1, [&](Range range) {
    std::vector<float> numbers(elements), stored(elements);
    for (std::ptrdiff_t i = range.begin; i < range.end; ++i) {
      std::byte* row = bytes + static_cast<std::size_t>(i) * stride;
      view.dequantize_row(first + i, numbers);
      try {
        precision::quantize(plan.to, numbers, row);
      } catch (const Error& error) {
        throw Error(error.kind(), error.message())
            .at(source.origin(), 0, plan.name + " row " + std::to_string(first + i))
            .hint(error.hint());
      }
      precision::dequantize(plan.to, row, stored);
      rows[static_cast<std::size_t>(i)] = row_error(numbers, stored);
    }
  });
}

void copy_tensor(const TensorPlan& plan, const TensorView& view, const TensorSink& sink) {
  const std::size_t bytes = view.bytes();
  for (std::size_t at = 0; at < bytes; at += kPieceBytes)
    sink(plan, {view.data + at, std::min(kPieceBytes, bytes - at)});
}

RowError convert_tensor(const WeightSource& source, const TensorPlan& plan, const TensorView& view,
                        const TensorSink& sink, Team& team) {
  const std::size_t stride = row_bytes(plan.to, static_cast<std::size_t>(view.row_elements()));
  const auto piece_rows = static_cast<std::int64_t>(
      std::max<std::size_t>(1, kPieceBytes / std::max<std::size_t>(1, stride)));
  RowError total;
  AlignedBuffer<std::byte> bytes;
  std::vector<RowError> rows;
  for (std::int64_t first = 0; first < view.rows(); first += piece_rows) {
    const auto count = static_cast<std::size_t>(std::min(piece_rows, view.rows() - first));
    bytes.reserve_discarding(count * stride);
    rows.assign(count, {});
    convert_rows(source, plan, view, first, rows, bytes.data(), team);
    sink(plan, {bytes.data(), count * stride});
    for (const RowError& row : rows) {
      total.squares += row.squares;
      total.squared_error += row.squared_error;
      total.max_error = std::max(total.max_error, row.max_error);
    }
  }
  return total;
}

TensorReport convert(const WeightSource& source, const TensorPlan& plan, const TensorSink& sink,
                     Team& team) {
  const std::optional<TensorView> view = source.find(plan.name);
  TENON_CHECK(view && view->dtype == plan.from && view->shape == plan.shape);
  TensorReport report;
  report.plan = plan;
  report.elements = static_cast<std::uint64_t>(plan.shape.elements());
  report.source_bytes = view->bytes();
  report.bytes = TensorView{plan.to, plan.shape, nullptr}.bytes();
  if (plan.from == plan.to) {
    copy_tensor(plan, *view, sink);
    return report;
  }
  const RowError total = convert_tensor(source, plan, *view, sink, team);
  report.max_error = total.max_error;
  if (report.elements > 0)
    report.rms_error = std::sqrt(total.squared_error / static_cast<double>(report.elements));
  if (total.squares > 0) report.relative_rms_error = std::sqrt(total.squared_error / total.squares);
  return report;
}

}  // namespace

std::string_view type_reason_name(TypeReason reason) {
  constexpr std::string_view kNames[] = {"asked",    "rule",   "output", "embedding",
                                         "fallback", "vector", "kept"};
  return kNames[static_cast<std::size_t>(reason)];
}

std::vector<TensorPlan> plan_quantization(const WeightSource& source,
                                          const QuantizeOptions& options) {
  const Planner planner(source, options);
  std::vector<TensorPlan> plans;
  plans.reserve(source.names().size());
  for (const std::string& name : source.names())
    plans.push_back(planner.plan(name, source.find(name).value()));
  return plans;
}

std::vector<TensorReport> quantize_tensors(const WeightSource& source,
                                           std::span<const TensorPlan> plan, const TensorSink& sink,
                                           Team& team,
                                           const std::function<void(const TensorReport&)>& done) {
  std::vector<TensorReport> reports;
  reports.reserve(plan.size());
  for (const TensorPlan& tensor : plan) {
    reports.push_back(convert(source, tensor, sink, team));
    if (done) done(reports.back());
  }
  return reports;
}

}  // namespace tenon::conversion
