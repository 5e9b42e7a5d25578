using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Tests.Unit.Monitoring;

public sealed class NodeSpeedsTests
{
    [Test]
    public void A_node_that_takes_three_times_as_long_for_a_row_is_slow_once_until_it_has_recovered()
    {
        var speeds = new NodeSpeeds(3);
        Visit(speeds, NodeSpeeds.MinVisits, 1000, 1000, 4000);
        Assert.That(Judge(speeds), Is.EqualTo(new[] { (3, 40.0, 10.0) }));
        Assert.That(Judge(speeds), Is.Empty, "it was said");
        Assert.That((speeds[1].IsSlow, speeds[3].IsSlow), Is.EqualTo((false, true)));
        Visit(speeds, 40, 1000, 1000, 1000);
        Assert.That(Judge(speeds), Is.Empty);
        Assert.That(speeds[3].IsSlow, Is.False, "it is as fast as the others");
        Visit(speeds, 40, 1000, 1000, 4000);
        Assert.That(Judge(speeds), Has.Count.EqualTo(1), "and can become slow again");
    }

    [Test]
    public void A_moment_is_no_slowness()
    {
        var speeds = new NodeSpeeds(2);
        for (int i = 0; i < 10; i++)
        {
            Visit(speeds, 20, 1000, 9000);
            Assert.That(speeds.Judge(), Is.Empty);
            Visit(speeds, 60, 1000, 1000);
            Assert.That(speeds.Judge(), Is.Empty);
        }
    }

    [Test]
    public void Fewer_visits_than_it_takes_to_know_are_no_reason()
    {
        var speeds = new NodeSpeeds(2);
        Visit(speeds, NodeSpeeds.MinVisits - 1, 1000, 9000);
        Assert.That(Judge(speeds), Is.Empty);
        Visit(speeds, 1, 1000, 9000);
        Assert.That(Judge(speeds).Select(s => s.NodeId), Is.EqualTo((int[])[2]), "of two nodes the other one is the median");
    }

    [Test]
    public void More_rows_are_no_slowness_and_neither_is_what_a_visit_costs_in_itself()
    {
        var speeds = new NodeSpeeds(3);
        for (int i = 0; i < 20; i++)
        {
            Add(speeds, 1, rows: 100, micros: 2000);
            Add(speeds, 2, rows: 10, micros: 200);
            Add(speeds, 3, rows: 1, micros: 150);
        }

        Assert.That(Judge(speeds), Is.Empty);
    }

    [Test]
    public void A_round_trip_is_what_a_request_takes_beside_computing()
    {
        var speeds = new NodeSpeeds(1);
        Assert.That(speeds[1], Is.EqualTo(default(NodeSpeed)));
        speeds.Add(new NodeWork(1, WorkKind.Forward, 10, 0, 3000), TimeSpan.FromMilliseconds(5));
        speeds.Add(new NodeWork(1, WorkKind.Backward, 10, 0, 1000), TimeSpan.FromMilliseconds(3));
        NodeSpeed speed = speeds[1];
        Assert.That((speed.Visits, speed.Rows, speed.LastComputeMilliseconds), Is.EqualTo((1, 10L, 4.0)));
        Assert.That(speed.RoundTripMilliseconds, Is.EqualTo(2).Within(1e-9));
        Assert.That(speed.Compute, Is.EqualTo(TimeSpan.FromMilliseconds(4)));
    }

    private static IReadOnlyList<(int NodeId, double Milliseconds, double MedianMilliseconds)> Judge(NodeSpeeds speeds) =>
        [.. Enumerable.Range(0, NodeSpeeds.Judgements).SelectMany(_ => speeds.Judge())];

    // So many visits of ten rows, each row taking a node so many microseconds, forward and backward together.
    private static void Visit(NodeSpeeds speeds, int times, params int[] microsecondsPerRow)
    {
        for (int i = 0; i < times; i++)
        {
            for (int node = 1; node <= microsecondsPerRow.Length; node++)
            {
                Add(speeds, node, rows: 10, microsecondsPerRow[node - 1] * 10);
            }
        }
    }

    private static void Add(NodeSpeeds speeds, int node, int rows, int micros)
    {
        speeds.Add(new NodeWork(node, WorkKind.Forward, rows, 0, micros / 2), TimeSpan.FromSeconds(1));
        speeds.Add(new NodeWork(node, WorkKind.Backward, rows, 0, micros / 2), TimeSpan.FromSeconds(1));
    }
}
