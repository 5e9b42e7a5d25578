using System.Text.Json;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Observe.Dashboard;

/// <summary>What the parts of a run before this one have left of its curves, in <c>events.jsonl</c>.</summary>
internal static class CurveHistory
{
    /// <summary>Reads it; a file that is not there, or lines that are none, leave gaps in a picture and no more.</summary>
    /// <param name="path">The file.</param>
    /// <param name="steps">Up to which step: that of the checkpoint.</param>
    /// <param name="curve">Gets the rounds that have a line.</param>
    /// <param name="epochs">Gets the epochs.</param>
    public static void Read(string path, int steps, LossCurve curve, List<EpochRow> epochs)
    {
        // Rounds done again after an earlier checkpoint have a second line: the last one counts.
        var rounds = new SortedDictionary<int, (double Loss, long Rows)>();
        var rows = new SortedDictionary<int, EpochRow>();
        try
        {
            foreach (string line in File.ReadLines(path))
            {
                Take(line, rounds, rows);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // As if it had no more lines.
        }

        foreach ((int step, (double loss, long count)) in rounds.TakeWhile(r => r.Key <= steps))
        {
            curve.Add(step, loss * count, hits: -1, count);
        }

        epochs.AddRange(rows.Values.TakeWhile(r => r.Step <= steps));
    }

    private static void Take(string line, SortedDictionary<int, (double Loss, long Rows)> rounds, SortedDictionary<int, EpochRow> epochs)
    {
        try
        {
            switch (EventJson.Read(line))
            {
                case RoundCompleted { RoundsPerEpoch: > 0 and var count, TrainLoss: { } loss } e when double.IsFinite(loss):
                    rounds[((e.Epoch - 1) * count) + e.Index + 1] = (loss, e.Rows);
                    break;
                case EpochCompleted e:
                    epochs[e.Epoch] = EpochRow.Of(e);
                    break;
            }
        }
        catch (JsonException)
        {
            // A line that was cut off when the program was.
        }
    }
}
