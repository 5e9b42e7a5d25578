namespace TraversalLearning.Orchestration.Training.Scoring;

/// <summary>
/// Metrics by scikit-learn's definitions. Plain float64 arithmetic on the CPU that does not depend on the number of
/// threads.
/// </summary>
internal static class Metrics
{
    /// <summary>Turns a row of logits into probabilities.</summary>
    /// <param name="logits"><c>[C]</c>.</param>
    /// <param name="probabilities"><c>[C]</c>; may be the same memory.</param>
    public static void Softmax(ReadOnlySpan<double> logits, Span<double> probabilities)
    {
        double largest = double.NegativeInfinity;
        foreach (double logit in logits)
        {
            largest = Math.Max(largest, logit);
        }

        double sum = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            probabilities[i] = Math.Exp(logits[i] - largest);
            sum += probabilities[i];
        }

        for (int i = 0; i < logits.Length; i++)
        {
            probabilities[i] /= sum;
        }
    }

    /// <summary>
    /// Turns each logit into the probability of its label. A single logit, for two classes, is that of class 1.
    /// </summary>
    /// <param name="logits"><c>[C]</c>, or <c>[1]</c>.</param>
    /// <param name="probabilities"><c>[C]</c>, or <c>[2]</c>.</param>
    public static void Sigmoid(ReadOnlySpan<double> logits, Span<double> probabilities)
    {
        if (logits.Length < probabilities.Length)
        {
            probabilities[0] = Sigmoid(-logits[0]);
            probabilities[1] = Sigmoid(logits[0]);
            return;
        }

        for (int i = 0; i < logits.Length; i++)
        {
            probabilities[i] = Sigmoid(logits[i]);
        }
    }

    /// <summary>
    /// Root of the mean squared error over all values of all samples: <c>mean_squared_error(labels, predicted) **
    /// 0.5</c>.
    /// </summary>
    public static double Rmse(ReadOnlySpan<double> predicted, ReadOnlySpan<double> labels)
    {
        double sum = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            double error = predicted[i] - labels[i];
            sum += error * error;
        }

        return Math.Sqrt(sum / labels.Length);
    }

    /// <summary>
    /// Mean absolute error over all values of all samples: <c>mean_absolute_error(labels, predicted)</c>.
    /// </summary>
    public static double Mae(ReadOnlySpan<double> predicted, ReadOnlySpan<double> labels)
    {
        double sum = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            sum += Math.Abs(predicted[i] - labels[i]);
        }

        return sum / labels.Length;
    }

    /// <summary>
    /// The coefficient of determination, averaged over columns: <c>r2_score(labels, predicted)</c>, except for constant
    /// labels, where scikit-learn gives 0 or 1.
    /// </summary>
    /// <param name="predicted"><c>[n, k]</c>, row by row.</param>
    /// <param name="labels"><c>[n, k]</c>, row by row.</param>
    /// <param name="width"><c>k</c>.</param>
    /// <returns><see langword="null"/> where undefined: the labels of a column are constant.</returns>
    public static double? R2(ReadOnlySpan<double> predicted, ReadOnlySpan<double> labels, int width)
    {
        double sum = 0;
        for (int c = 0; c < width; c++)
        {
            double mean = 0;
            for (int i = c; i < labels.Length; i += width)
            {
                mean += labels[i];
            }

            mean /= labels.Length / width;
            double errors = 0;
            double variance = 0;
            for (int i = c; i < labels.Length; i += width)
            {
                errors += (predicted[i] - labels[i]) * (predicted[i] - labels[i]);
                variance += (labels[i] - mean) * (labels[i] - mean);
            }

            if (variance == 0)
            {
                return null;
            }

            sum += 1 - (errors / variance);
        }

        return sum / width;
    }

    /// <summary>The class with the largest score, the first of several; as in PyTorch, NaN is larger than any number.</summary>
    public static int ArgMax(ReadOnlySpan<double> scores)
    {
        int best = 0;
        for (int i = 1; i < scores.Length; i++)
        {
            if (scores[i] > scores[best] || (double.IsNaN(scores[i]) && !double.IsNaN(scores[best])))
            {
                best = i;
            }
        }

        return best;
    }

    /// <summary>Share of samples whose predicted class is the label; NaN without samples.</summary>
    public static double Accuracy(ReadOnlySpan<int> predicted, ReadOnlySpan<int> labels)
    {
        int hits = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            hits += predicted[i] == labels[i] ? 1 : 0;
        }

        return (double)hits / labels.Length;
    }

    /// <summary>
    /// Macro F1, the mean over all classes of <c>F1 = 2 hits / (predicted + labelled)</c>. A class that is neither
    /// predicted nor among the labels counts 0: <c>f1_score(labels, predicted, labels=range(C), average="macro",
    /// zero_division=0)</c>.
    /// </summary>
    /// <param name="predicted">Classes <c>[n]</c>, from 0; below 0 for none.</param>
    /// <param name="labels">Classes <c>[n]</c>, from 0.</param>
    /// <param name="classes"><c>C</c>.</param>
    public static double MacroF1(ReadOnlySpan<int> predicted, ReadOnlySpan<int> labels, int classes)
    {
        long[] hits = new long[classes];
        long[] rows = new long[classes];
        for (int i = 0; i < labels.Length; i++)
        {
            if (predicted[i] >= 0)
            {
                rows[predicted[i]]++;
            }

            rows[labels[i]]++;
            hits[labels[i]] += predicted[i] == labels[i] ? 1 : 0;
        }

        return MacroF1(hits, rows);
    }

    /// <summary>Macro F1 from counts.</summary>
    /// <param name="hits">Rows of each class that are predicted as it: <c>[C]</c>.</param>
    /// <param name="rows">Rows predicted as each class, plus those of it: <c>[C]</c>.</param>
    public static double MacroF1(ReadOnlySpan<long> hits, ReadOnlySpan<long> rows)
    {
        double sum = 0;
        for (int c = 0; c < hits.Length; c++)
        {
            sum += rows[c] == 0 ? 0 : 2.0 * hits[c] / rows[c];
        }

        return sum / hits.Length;
    }

    /// <summary>
    /// The area under the receiver operating characteristic (AUC). For two classes, that of class 1; for more, the mean
    /// of each class against the rest, over classes that have both positive and negative samples:
    /// <c>roc_auc_score(labels, probabilities, multi_class="ovr", average="macro")</c>.
    /// </summary>
    /// <param name="probabilities"><c>[n, C]</c>, row by row.</param>
    /// <param name="labels">Classes <c>[n]</c>, from 0.</param>
    /// <param name="classes"><c>C</c>.</param>
    /// <returns><see langword="null"/> where undefined: no class has both kinds of rows, or a probability is
    /// NaN.</returns>
    public static double? Auc(ReadOnlySpan<double> probabilities, ReadOnlySpan<int> labels, int classes)
    {
        double[] scores = new double[labels.Length];
        bool[] isPositive = new bool[labels.Length];
        double sum = 0;
        int defined = 0;
        for (int c = classes == 2 ? 1 : 0; c < classes; c++)
        {
            for (int i = 0; i < labels.Length; i++)
            {
                scores[i] = probabilities[(i * classes) + c];
                isPositive[i] = labels[i] == c;
            }

            if (Array.Exists(scores, double.IsNaN))
            {
                return null;
            }

            if (Area(scores, isPositive) is { } area)
            {
                sum += area;
                defined++;
            }
        }

        return defined == 0 ? null : sum / defined;
    }

    // The argument of exp is never positive: it neither overflows nor loses the digits of a small probability.
    private static double Sigmoid(double logit) => logit >= 0 ? 1 / (1 + Math.Exp(-logit)) : Math.Exp(logit) / (1 + Math.Exp(logit));

    /// <summary>
    /// The share of (positive, negative) pairs that the scores rank correctly, a tie counting half: Mann and Whitney's
    /// U from ranks, with tied rows sharing their average rank. Counted in integers, so that ties are exact. Sorts both
    /// arrays.
    /// </summary>
    private static double? Area(double[] scores, bool[] isPositive)
    {
        Array.Sort(scores, isPositive);
        long positives = 0;
        long twiceRanks = 0;
        for (int start = 0; start < scores.Length;)
        {
            int end = start;
            long inGroup = 0;
            for (; end < scores.Length && scores[end] == scores[start]; end++)
            {
                inGroup += isPositive[end] ? 1 : 0;
            }

            // Ranks, from 1, run from start + 1 to end; their average is half of this.
            twiceRanks += inGroup * (start + 1L + end);
            positives += inGroup;
            start = end;
        }

        long others = scores.Length - positives;
        return positives == 0 || others == 0
            ? null
            : (twiceRanks - (positives * (positives + 1))) / (2.0 * positives * others);
    }
}
