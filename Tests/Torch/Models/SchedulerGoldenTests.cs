using System.Text.Json;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Models;

public class SchedulerGoldenTests
{
    private static IEnumerable<TestCaseData> Cases() => TorchGolden.Cases("schedulers", c => c.GetProperty("name").GetString()!);

    [TestCaseSource(nameof(Cases))]
    public void Rates_follow_PyTorchs(JsonElement item)
    {
        using var parameter = new Parameter(zeros(1));
        using optim.Optimizer optimizer = optim.SGD([parameter], item.GetProperty("lr").GetDouble());
        JsonElement options = item.GetProperty("options");
        double Number(string name) => options.GetProperty(name).GetDouble();
        optim.lr_scheduler.LRScheduler scheduler = item.GetProperty("scheduler").GetString() switch
        {
            "StepLR" => optim.lr_scheduler.StepLR(optimizer, (int)Number("step_size"), Number("gamma")),
            "MultiStepLR" => optim.lr_scheduler.MultiStepLR(
                optimizer, options.GetProperty("milestones").EnumerateArray().Select(m => m.GetInt32()).ToList(), Number("gamma")),
            _ => optim.lr_scheduler.CosineAnnealingLR(optimizer, Number("T_max"), Number("eta_min")),
        };

        foreach (JsonElement rate in item.GetProperty("rates").EnumerateArray())
        {
            Assert.That(scheduler.get_last_lr().Single(), Is.EqualTo(rate.GetDouble()).Within(1e-15));
            Assert.That(optimizer.ParamGroups.Single().LearningRate, Is.EqualTo(rate.GetDouble()).Within(1e-15));
            scheduler.step();
        }
    }
}
