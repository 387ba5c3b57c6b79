// The consumption report for the auditor: per node and month what was used, what it cost, what it stands for, how much
// of it was metered, and the counter readings that it can be added up from.
//
// Reads the store beside a running gateway and changes nothing. The command line and the API make their answers from
// this one report. Not for the network thread: it reads the disk. The site must outlive the report.
#pragma once

#include <array>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "cloud-sync/store/store_reader.hpp"
#include "firmware-gateway/audit/audit_figures.hpp"
#include "firmware-gateway/audit/audit_period.hpp"

namespace gateway {

struct AuditQuery {
  AuditPeriod period;
  std::string trace{};  // name of a node whose meters' readings are shown one by one; "": none
  // What one report may hold, for whoever makes it in the gateway's own memory: nodes times months, and of a trace
  // meters times months.
  std::size_t most_lines = std::numeric_limits<std::size_t>::max();
  std::size_t most_traces = std::numeric_limits<std::size_t>::max();
  std::function<bool()> ended{};  // asked often; true: nobody wants the report any more. May be left empty
};

// A node in a month, or in the part of it that lies in the period.
struct AuditLine {
  NodeId node;
  AuditMonth month;
  bool under_way = false;      // the period is not over: figures will still grow
  std::int64_t amount = 0;     // thousandths of Wh or L
  std::int64_t estimated = 0;  // of it, spread over gaps or made from power
  std::int64_t corrected = 0;  // of it, added or taken away by people
  // Of an area, sub-item or node of the site's own: what its amount has beyond the signed sum of the meters that count
  // in it now. Not 0: in the period a meter was moved, taken out or put in.
  std::int64_t tree_change = 0;
  std::optional<double> completeness;  // 0 to 1: share of the time that was metered; nullopt: none has passed
  struct Part {
    std::int64_t amount = 0;
    std::int64_t cost = 0;  // millionths of a yuan
  };
  std::array<Part, band_count> bands{};
  std::int64_t unpriced = 0;              // of the amount, from days without a tariff
  std::optional<std::int64_t> cost;       // millionths of a yuan, of what is priced; nullopt: nothing is
  std::optional<std::int64_t> off_hours;  // nullopt: not split yet
  Converted coal;
  Converted carbon;
  double floor_area_m2 = 0;  // what per m2 and per head refer to; 0: not known, or not meant for such a node
  double heads = 0;
  std::optional<Peak> block;    // of the quarter hours of the clock
  std::optional<Peak> sliding;  // of any 15 minutes; whole months only
  std::optional<double> night_base;
  // Of a node with subtracted terms: its share of what was supplied, over the closed days of the period, and on how
  // many of them it was more than the node's limit.
  std::optional<double> unaccounted;
  std::uint32_t days_over_limit = 0;
  std::array<std::uint32_t, quality_kind_count> events{};  // of its meters, by QualityKind
  std::optional<CounterRecord> first, last;                // of a meter: its readings at the edges
  std::vector<const TariffVersion*> tariffs;               // in force in the period
};

// All utilities of an area or the compound together.
struct AuditTotal {
  std::string name;
  Name label;
  AuditMonth month;
  std::optional<std::int64_t> coal;    // millionths of kgce: electricity, and water when the site says so
  std::optional<std::int64_t> carbon;  // millionths of kg CO2
  std::optional<std::int64_t> water;   // millilitres
  double floor_area_m2 = 0;
  double heads = 0;
};

// One meter's readings in one month: what a person needs to add its figure up.
struct MeterTrace {
  MeterId meter;
  int sign = 1;  // how it counts in the node that was asked for
  AuditMonth month;
  std::optional<CounterRecord> first;  // the newest reading at or before the beginning; else the first after it
  std::optional<CounterRecord> last;   // the newest at or before the end
  std::vector<QualityRecord> events;   // between them, oldest first
  std::int64_t by_readings = 0;        // counted() of the above
  std::int64_t corrected = 0;
  std::int64_t booked = 0;  // what the windows say
  // booked - by_readings - corrected: what was used between the readings and the edges of the month.
  [[nodiscard]] std::int64_t at_edges() const noexcept { return booked - by_readings - corrected; }
  std::vector<CounterRecord> readings;  // one an hour at most, so that it can be followed
};

struct AuditReport {
  const Site* site = nullptr;
  AuditPeriod period;
  UtcTime made{};
  std::vector<AuditLine> lines;  // by month, then node
  std::vector<AuditTotal> totals;
  std::vector<QualityRecord> events;  // of every meter, oldest first
  bool events_cut = false;            // there were more
  std::vector<MeterTrace> traces;
  std::string traced;  // node that they are of
};

// `now`: what is later is still to come. Errors: invalid_argument when no node is called `query.trace` (the context is
// for people), no_message_available when the store holds nothing of the period (the context says what it holds), as
// StoreReader. Errors of the limits: invalid_argument, with a context that says what would fit; operation_canceled when
// `query.ended` said so.
[[nodiscard]] Expected<AuditReport> make_audit(StoreReader& reader, const Site& site, const AuditQuery& query,
                                               UtcTime now);

}  // namespace gateway
