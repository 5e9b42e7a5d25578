using TraversalLearning.Orchestration.Training.Steps;

namespace TraversalLearning.Tests.Unit.Scheduling;

public sealed class TaskRepeatsTests
{
    [Test]
    public void The_first_repeat_is_at_once_and_the_pauses_grow()
    {
        Assert.That(Pauses(TimeSpan.FromMinutes(2)), Is.EqualTo((double[])[0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10]).Within(1e-9));
    }

    [Test]
    public void The_pauses_take_no_longer_than_the_patience()
    {
        Assert.That(Pauses(TimeSpan.FromSeconds(1)), Is.EqualTo((double[])[0, 0.1, 0.2, 0.4, 0.3, 0, 0, 0, 0]).Within(1e-9));
        Assert.That(Pauses(TimeSpan.Zero), Is.EqualTo(new double[TaskRepeats.MaxAttempts - 1]));
    }

    /// <summary>In seconds, up to the last try.</summary>
    private static double[] Pauses(TimeSpan patience)
    {
        var repeats = new TaskRepeats(patience);
        var pauses = new List<double>();
        while (repeats.Next() is { } pause)
        {
            pauses.Add(pause.TotalSeconds);
        }

        return [.. pauses];
    }
}
