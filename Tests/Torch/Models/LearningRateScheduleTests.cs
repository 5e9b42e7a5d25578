using System.Text.Json;
using TorchSharp.Modules;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Models;

internal sealed class LearningRateScheduleTests
{
    /// <summary>A schedule of every kind and runs of so many epochs in which it shows, with a warm-up and without.</summary>
    internal static IEnumerable<TestCaseData> EveryKind() =>
        from kind in Enum.GetValues<ScheduleKind>()
        from warmup in (int[])[0, 2]
        select new TestCaseData(new ScheduleSettings(kind, Gamma: 0.5, StepSize: 2, Epochs: 5, warmup) { Milestones = [1, 2] }, 5)
            .SetArgDisplayNames(kind.ToString(), $"warm-up {warmup}");

    private static IEnumerable<TestCaseData> Cases() => Golden.Json("training.json").GetProperty("schedules").EnumerateArray()
        .Select(c => new TestCaseData(c).SetArgDisplayNames(c.GetProperty("name").GetString()!));

    [TestCaseSource(nameof(Cases))]
    public void Every_epoch_has_PyTorchs_rate(JsonElement golden)
    {
        using var parameter = new Parameter(zeros(1));
        using optim.Optimizer optimizer = optim.SGD([parameter], golden.GetProperty("lr").GetDouble());
        LearningRateSchedule schedule = Settings(golden.GetProperty("options")).Start(optimizer);
        int epoch = 1;
        foreach (JsonElement rate in golden.GetProperty("rates").EnumerateArray())
        {
            Assert.That(schedule.LearningRate, Is.EqualTo(rate.GetDouble()).Within(1e-15), $"epoch {epoch}");
            Assert.That(optimizer.ParamGroups.Single().LearningRate, Is.EqualTo(schedule.LearningRate));
            schedule.EndEpoch();
            epoch++;
        }
    }

    [Test]
    public void The_default_is_that_of_the_Python_system()
    {
        using var parameter = new Parameter(zeros(1));
        using optim.Optimizer optimizer = optim.Adadelta([parameter]);
        LearningRateSchedule schedule = new OptimizerSettings().Schedule.Start(optimizer);
        double rate = 1;
        for (int epoch = 1; epoch < 20; epoch++)
        {
            Assert.That(schedule.LearningRate, Is.EqualTo(rate), $"epoch {epoch}");
            schedule.EndEpoch();
            rate *= 0.7;
        }
    }

    [Test]
    public void A_warm_up_ends_with_the_rate_itself([Values(1, 3, 49)] int warmup)
    {
        using var parameter = new Parameter(zeros(1));
        using optim.Optimizer optimizer = optim.SGD([parameter], 0.1);
        LearningRateSchedule schedule = new ScheduleSettings(WarmupEpochs: warmup).Start(optimizer);
        for (int epoch = 1; epoch < warmup; epoch++)
        {
            Assert.That(schedule.LearningRate, Is.LessThan(0.1), $"epoch {epoch}");
            schedule.EndEpoch();
        }

        Assert.That(schedule.LearningRate, Is.EqualTo(0.1));
        schedule.EndEpoch();
        Assert.That(schedule.LearningRate, Is.EqualTo(0.1), "the schedule's first epoch");
        schedule.EndEpoch();
        Assert.That(schedule.LearningRate, Is.EqualTo(0.1 * 0.7));
    }

    private static ScheduleSettings Settings(JsonElement options)
    {
        int Whole(string name, int otherwise) => options.TryGetProperty(name, out JsonElement value) ? value.GetInt32() : otherwise;
        return new ScheduleSettings(
            Enum.Parse<ScheduleKind>(options.GetProperty("schedule").GetString()!, ignoreCase: true),
            options.TryGetProperty("gamma", out JsonElement gamma) ? gamma.GetDouble() : 1,
            Whole("step_size", 1),
            Whole("epochs", 1),
            Whole("warmup_epochs", 0))
        {
            Milestones = options.TryGetProperty("milestones", out JsonElement milestones) ? [.. milestones.EnumerateArray().Select(m => m.GetInt32())] : [],
        };
    }
}
