using TraversalLearning.Data.Batches;

namespace TraversalLearning.Orchestration.Training.Planning;

/// <summary>
/// Consecutive visits of a plan whose rows share one central backward pass. It starts on the first micro-batch while
/// nodes still compute the others. The division depends on the plan alone, so that rounding does not depend on the
/// order of replies.
/// </summary>
/// <param name="Index">From 0.</param>
/// <param name="FirstVisit">Index of its first visit in the plan.</param>
/// <param name="VisitCount">Number of visits.</param>
/// <param name="RowStart">First row in the batch.</param>
/// <param name="Rows">Number of rows.</param>
internal readonly record struct MicroBatch(int Index, int FirstVisit, int VisitCount, int RowStart, int Rows)
{
    /// <summary>
    /// Divides a plan. Each micro-batch has the fewest visits that reach <paramref name="minRows"/> rows; a remainder
    /// joins the last one.
    /// </summary>
    /// <param name="plan">The visits.</param>
    /// <param name="minRows">0 for one micro-batch with all rows.</param>
    public static MicroBatch[] Of(TraversalPlan plan, int minRows)
    {
        var parts = new List<MicroBatch>();
        int first = 0;
        int start = 0;
        int rows = 0;
        for (int i = 0; i < plan.Visits.Count; i++)
        {
            rows += plan.Visits[i].Rows;
            if (minRows > 0 && rows >= minRows)
            {
                parts.Add(new MicroBatch(parts.Count, first, i + 1 - first, start, rows));
                (first, start, rows) = (i + 1, start + rows, 0);
            }
        }

        if (parts.Count == 0)
        {
            return [new MicroBatch(0, 0, plan.Visits.Count, 0, rows)];
        }

        MicroBatch last = parts[^1];
        parts[^1] = last with { VisitCount = plan.Visits.Count - last.FirstVisit, Rows = last.Rows + rows };
        return [.. parts];
    }
}
