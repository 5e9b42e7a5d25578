using TraversalLearning.Data.Batches;
using TraversalLearning.Orchestration.Training.Planning;

namespace TraversalLearning.Tests.Unit.Planning;

internal sealed class MicroBatchTests
{
    [TestCase("5 5 5", 0, "15")]
    [TestCase("5 5 5", 5, "5 5 5")]
    [TestCase("5 5 5", 6, "15")]
    [TestCase("5 5 5 5", 6, "10 10")]
    [TestCase("9 1 1 1 9", 9, "9 12")]
    [TestCase("1 1 1 9 1", 3, "3 10")]
    [TestCase("5 5 5", 100, "15")]
    [TestCase("7", 3, "7")]
    public void A_micro_batch_has_the_fewest_visits_with_enough_rows_and_the_last_one_the_rest(string rows, int minRows, string expected) =>
        Assert.That(string.Join(' ', MicroBatch.Of(Plan([.. rows.Split(' ').Select(int.Parse)]), minRows).Select(p => p.Rows)), Is.EqualTo(expected));

    [FsCheck.NUnit.Property]
    public void They_are_all_visits_in_plan_order(FsCheck.NonEmptyArray<FsCheck.PositiveInt> rows, FsCheck.NonNegativeInt minRows)
    {
        TraversalPlan plan = Plan([.. rows.Get.Select(r => r.Get)]);
        MicroBatch[] parts = MicroBatch.Of(plan, minRows.Get);
        int visit = 0;
        int row = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            Assert.That((parts[i].Index, parts[i].FirstVisit, parts[i].RowStart), Is.EqualTo((i, visit, row)));
            Assert.That(parts[i].Rows, Is.EqualTo(plan.Visits.Skip(visit).Take(parts[i].VisitCount).Sum(v => v.Rows)));
            Assert.That(parts[i].Rows, parts.Length == 1 ? Is.Positive : Is.AtLeast(minRows.Get));
            visit += parts[i].VisitCount;
            row += parts[i].Rows;
        }

        Assert.That((visit, row), Is.EqualTo((plan.Visits.Count, rows.Get.Sum(r => r.Get))));
    }

    private static TraversalPlan Plan(int[] rows)
    {
        int start = 0;
        return new TraversalPlan([.. rows.Select((count, i) => new Visit(i + 1, new int[count], (start += count) - count))]);
    }
}
