using System.Text.Json.Nodes;
using TraversalLearning.Orchestration.Observe.Dashboard;

namespace TraversalLearning.Tests.Unit.Dashboard;

public sealed class LossCurveTests
{
    [Test]
    public void A_short_curve_has_a_point_for_each_round()
    {
        var curve = new LossCurve(capacity: 10);
        curve.Add(1, lossSum: 6, hits: 1, rows: 4);
        curve.Add(2, lossSum: 3, hits: 2, rows: 2);
        Assert.That(curve.ToJson(0).ToJsonString(), Is.EqualTo("[[1,1.5,0.25],[2,1.5,1]]"));
        Assert.That(curve.ToJson(1).ToJsonString(), Is.EqualTo("[[2,1.5,1]]"));
    }

    [Test]
    public void A_long_curve_has_no_more_points_than_there_is_room_for_and_loses_no_row()
    {
        var curve = new LossCurve(capacity: 10);
        for (int step = 1; step <= 1000; step++)
        {
            curve.Add(step, lossSum: step, hits: 0, rows: 1);
            Assert.That(curve.Count, Is.LessThan(10));
        }

        // Points of equally many rounds: the mean over them is that of the rounds that they have.
        JsonArray points = curve.ToJson(0);
        int last = (int)points[^1]![0]!;
        Assert.That(points.Average(p => (double)p![1]!), Is.EqualTo((last + 1) / 2.0).Within(1e-9));
        Assert.That(last, Is.GreaterThan(800));
        Assert.That(curve.Generation, Is.GreaterThan(5));
    }

    [Test]
    public void What_is_no_number_is_a_gap()
    {
        var curve = new LossCurve();
        curve.Add(1, double.NaN, hits: -1, rows: 4);
        curve.Add(2, 0, hits: 0, rows: 0);
        Assert.That(curve.ToJson(0).ToJsonString(), Is.EqualTo("[[1,null,null]]"));
    }
}
