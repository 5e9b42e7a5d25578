using System.Collections.ObjectModel;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Reports.Results;

/// <summary>The numbers of runs and epochs, by the columns of <c>results.csv</c>: the one source of every figure of a report.</summary>
internal static class RunNumbers
{
    /// <summary>Sent and received.</summary>
    public const string Bytes = "bytes";

    /// <summary>The main measure less that of centralized training.</summary>
    public const string MeasureDifference = "difference_from_centralized";

    /// <summary>How far the parameters are from those of centralized training.</summary>
    public const string ParameterDifference = "max_rel_param_diff";

    private static readonly string[] OfResult = ["validation_loss", "validation_accuracy", "epochs", "steps", "skipped_rows", "seconds", "total_seconds"];

    /// <summary>The columns, in their order.</summary>
    public static IReadOnlyList<string> Columns { get; } =
    [
        "epochs", "steps", .. Measure.All.Select(m => m.Name), "train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "lr", "samples_per_second",
        "sent_bytes", "received_bytes", Bytes, "skipped_rows", "seconds", "total_seconds", MeasureDifference, ParameterDifference,
    ];

    /// <summary>Those of a run that has ended.</summary>
    public static IReadOnlyDictionary<string, double> Of(FinishedRun run)
    {
        var numbers = new Dictionary<string, double>(run.Measures, StringComparer.Ordinal)
        {
            ["sent_bytes"] = run.SentBytes,
            ["received_bytes"] = run.ReceivedBytes,
            [Bytes] = run.SentBytes + run.ReceivedBytes,
        };
        foreach (string name in OfResult)
        {
            if (run.Summary["result"]?[name] is JsonValue value && value.GetValueKind() == JsonValueKind.Number)
            {
                numbers[name] = value.GetValue<double>();
            }
        }

        return numbers;
    }

    /// <summary>Those of a run after the last epoch that it has completed.</summary>
    public static IReadOnlyDictionary<string, double> SoFar(IReadOnlyList<EpochPoint> curve)
    {
        if (curve.Count == 0)
        {
            return ReadOnlyDictionary<string, double>.Empty;
        }

        // Those of the epoch alone are not the run's.
        Dictionary<string, double> numbers = Of(curve[^1]).Where(n => n.Key is "steps" or "sent_bytes" or "received_bytes" or Bytes || curve[^1].Measures.ContainsKey(n.Key))
            .ToDictionary(StringComparer.Ordinal);
        numbers["epochs"] = curve[^1].Epoch;
        return numbers;
    }

    /// <summary>Those of an epoch: seconds are its own, bytes and steps those since the run began.</summary>
    public static IReadOnlyDictionary<string, double> Of(EpochPoint point)
    {
        var numbers = new Dictionary<string, double>(point.Measures, StringComparer.Ordinal) { [Bytes] = point.Bytes };
        foreach ((string column, double value) in point.Figures)
        {
            numbers[column == "step" ? "steps" : column] = value;
        }

        return numbers;
    }

    /// <summary>A number with all its digits; nothing where it is not finite.</summary>
    public static string Exact(double? value) => JsonNumber.Of(value)?.ToString(CultureInfo.InvariantCulture) ?? string.Empty;
}
