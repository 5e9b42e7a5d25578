using System.Collections.ObjectModel;
using System.Globalization;

namespace TraversalLearning.Orchestration.Reports.Results;

/// <summary>The results of a run after an epoch.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Bytes">Sent and received by the orchestrator since the run began.</param>
/// <param name="Measures">On the test set, by name.</param>
internal sealed record EpochPoint(int Epoch, long Bytes, IReadOnlyDictionary<string, double> Measures)
{
    private static readonly string[] NoFigures = ["scope", "epoch", "batch"];

    /// <summary>
    /// All other numbers of the row, by column: <c>train_loss</c>, <c>lr</c>, <c>seconds</c> of the epoch and so on.
    /// Inapplicable ones are missing.
    /// </summary>
    public IReadOnlyDictionary<string, double> Figures { get; init; } = ReadOnlyDictionary<string, double>.Empty;

    /// <summary>Reads the epochs in a run's <c>metrics.csv</c>.</summary>
    /// <exception cref="FormatException">The file is damaged.</exception>
    public static IReadOnlyList<EpochPoint> Read(IReadOnlyList<string> lines)
    {
        string[] header = lines.Count > 0 ? lines[0].Split(',') : [];
        int epoch = Place("epoch");
        int sent = Place("sent_bytes");
        int received = Place("received_bytes");
        (string Name, int Place)[] measures = [.. Measure.All.Select(m => (m.Name, Array.IndexOf(header, m.Column))).Where(m => m.Item2 >= 0)];
        (string Name, int Place)[] figures = [.. header.Index().Where(c => !NoFigures.Contains(c.Item) && measures.All(m => m.Place != c.Index)).Select(c => (c.Item, c.Index))];
        return [.. lines.Skip(1).Select(l => l.Split(',')).Where(row => row[0] == "epoch").Select(Of)];

        int Place(string column) => Array.IndexOf(header, column) is >= 0 and var place ? place : throw new FormatException($"it has no column {column}");

        EpochPoint Of(string[] row) => row.Length != header.Length
            ? throw new FormatException($"a row has {row.Length} fields, not {header.Length}")
            : new EpochPoint(
                int.Parse(row[epoch], CultureInfo.InvariantCulture),
                long.Parse(row[sent], CultureInfo.InvariantCulture) + long.Parse(row[received], CultureInfo.InvariantCulture),
                Numbers(row, measures))
            {
                Figures = Numbers(row, figures),
            };

        static Dictionary<string, double> Numbers(string[] row, (string Name, int Place)[] columns) => columns
            .Where(c => row[c.Place].Length > 0)
            .ToDictionary(c => c.Name, c => double.Parse(row[c.Place], CultureInfo.InvariantCulture), StringComparer.Ordinal);
    }
}
