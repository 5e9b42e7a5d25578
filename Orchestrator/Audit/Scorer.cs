using TraversalLearning.Data;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Audit.Attacks;
using TraversalLearning.Orchestration.Training.Scoring;

namespace TraversalLearning.Orchestration.Audit;

/// <summary>Compares what attacks claim with the truth. A node's own samples do not count as recovered by it.</summary>
/// <param name="exchange">The exchange, for the findings.</param>
/// <param name="truth">The samples.</param>
/// <param name="steps">The number of each audited step.</param>
/// <param name="majority">Share of the largest class.</param>
/// <param name="members">Whether each candidate was trained on.</param>
internal sealed class Scorer(string exchange, Truth truth, IReadOnlyDictionary<StepId, int> steps, double majority, bool[] members)
{
    private const int Examples = 6;
    private const int Shuffles = 100;

    /// <summary>The findings of an attack.</summary>
    public IEnumerable<Finding> Score(PartyView view, IAttack attack, IEnumerable<Recovered> recovered)
    {
        foreach (IGrouping<(Type, StepId?, string), Recovered> same in recovered.GroupBy(r => (r.GetType(), r.Step, r.Of)))
        {
            var blank = new Finding(
                exchange, view.Name, attack.Name, same.First().Step is { } step ? steps[step] : null, same.First().Of, Measures.Noise, Rows: 0);
            Finding? finding = same.First() switch
            {
                LabelGuess => OfLabels(blank, view, same.Cast<LabelGuess>().SelectMany(g => g.Labels)),
                GroupGuess => OfGroups(blank, view, same.Cast<GroupGuess>().SelectMany(g => g.Groups)),
                CountGuess => OfCounts(blank, view, same.Cast<CountGuess>().Single()),
                InputGuess => OfInputs(blank, [.. same.Cast<InputGuess>().SelectMany(g => Compare(view, g))]),
                MemberGuess => OfMembers(blank, same.Cast<MemberGuess>().Single()),
                NoiseTest => blank with { PValue = same.Cast<NoiseTest>().Single().PValue },
                var other => throw new NotSupportedException($"no score for {other.GetType()}"),
            };
            if (finding is not null)
            {
                yield return finding;
            }
        }
    }

    private static Finding? OfInputs(Finding blank, RecoveredRow[] rows)
    {
        if (rows.Length == 0)
        {
            return null;
        }

        RecoveredRow[] best = [.. rows.OrderBy(r => r.Error)];
        return blank with
        {
            Measure = Measures.Inputs,
            Rows = rows.Length,
            WithinOnePercent = rows.Count(r => r.Error <= 0.01),
            WithinTenPercent = rows.Count(r => r.Error <= 0.1),
            MedianError = (best[(best.Length - 1) / 2].Error + best[best.Length / 2].Error) / 2,
            Examples = best[..Math.Min(best.Length, Examples)],
        };
    }

    private static double Distance(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        }

        return Math.Sqrt(sum);
    }

    private static double Error(double[] original, double[] guess)
    {
        double error = Distance(original, guess) / Math.Sqrt(original.Sum(v => v * v));
        return double.IsNaN(error) ? double.PositiveInfinity : error;
    }

    private static double Purity(int[] groups, int[] labels) =>
        groups.Zip(labels).GroupBy(p => p.First).Sum(g => g.GroupBy(p => p.Second).Max(c => c.Count())) / (double)groups.Length;

    private Finding? OfLabels(Finding blank, PartyView view, IEnumerable<KeyValuePair<SampleRow, int>> guesses)
    {
        KeyValuePair<SampleRow, int>[] others = [.. guesses.Where(g => g.Key.NodeId != view.OwnNode)];
        int[] labels = truth.LabelsOf([.. others.Select(g => g.Key)]);
        return others.Length == 0 ? null : blank with
        {
            Measure = Measures.Labels,
            Rows = others.Length,
            Share = others.Zip(labels).Count(p => p.First.Value == p.Second) / (double)others.Length,
            Chance = majority,
        };
    }

    private Finding? OfGroups(Finding blank, PartyView view, IEnumerable<KeyValuePair<SampleRow, int>> guesses)
    {
        KeyValuePair<SampleRow, int>[] others = [.. guesses.Where(g => g.Key.NodeId != view.OwnNode)];
        if (others.Length == 0)
        {
            return null;
        }

        int[] labels = truth.LabelsOf([.. others.Select(g => g.Key)]);
        int[] groups = [.. others.Select(g => g.Value)];
        double purity = Purity(groups, labels);
        var random = new SeededRandom(1);
        double chance = Enumerable.Range(0, Shuffles).Average(_ =>
        {
            random.Shuffle<int>(labels);
            return Purity(groups, labels);
        });
        return blank with { Measure = Measures.Groups, Rows = others.Length, Share = purity, Chance = chance };
    }

    private Finding OfCounts(Finding blank, PartyView view, CountGuess guess)
    {
        int[] labels = truth.LabelsOf(RowsOf(view, guess.Step!.Value, guess.Nodes));
        double[] actual = new double[guess.Counts.Length];
        Array.ForEach(labels, l => actual[l]++);
        double uniform = (double)labels.Length / actual.Length;
        return blank with
        {
            Measure = Measures.Counts,
            Rows = labels.Length,
            Share = 1 - (actual.Zip(guess.Counts, (a, g) => Math.Abs(a - g)).Sum() / (2 * labels.Length)),
            Chance = 1 - (actual.Sum(a => Math.Abs(a - uniform)) / (2 * labels.Length)),
        };
    }

    private Finding OfMembers(Finding blank, MemberGuess guess)
    {
        double[] scores = new double[2 * guess.Scores.Length];
        for (int i = 0; i < guess.Scores.Length; i++)
        {
            scores[(2 * i) + 1] = guess.Scores[i];
        }

        return blank with
        {
            Measure = Measures.Members,
            Rows = members.Length,
            Share = Metrics.Auc(scores, Array.ConvertAll(members, m => m ? 1 : 0), classes: 2),
            Chance = 0.5,
        };
    }

    private IEnumerable<RecoveredRow> Compare(PartyView view, InputGuess guess)
    {
        if (guess.Rows is { } rows)
        {
            return truth.InputsOf(rows)
                .Zip(guess.Inputs, rows)
                .Where(p => p.Third.NodeId != view.OwnNode)
                .Select(p => new RecoveredRow(p.First, p.Second, Error(p.First, p.Second)));
        }

        return guess.Inputs.Length == 0 ? [] : truth.InputsOf(RowsOf(view, guess.Step!.Value, guess.Nodes)).Select(original =>
        {
            double[] nearest = guess.Inputs.MinBy(g => Distance(original, g))!;
            return new RecoveredRow(original, nearest, Error(original, nearest));
        });
    }

    private SampleRow[] RowsOf(PartyView view, StepId step, IReadOnlyList<int> nodes) =>
        [.. truth.RowsAt(step).Where(r => r.NodeId != view.OwnNode && (nodes.Count == 0 || nodes.Contains(r.NodeId)))];
}
