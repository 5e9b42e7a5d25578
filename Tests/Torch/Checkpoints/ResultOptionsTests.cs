using TraversalLearning.Hosting;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Checkpoints;

internal sealed class ResultOptionsTests
{
    private static readonly ScheduleSettings Cosine = new(ScheduleKind.Cosine, Epochs: 9, WarmupEpochs: 2);
    private static readonly ScheduleSettings MultiStep = new(ScheduleKind.MultiStep) { Milestones = [3, 6] };

    [Test]
    public void A_checkpoint_that_does_not_know_a_flag_goes_on_with_what_was_done_without_it()
    {
        SortedDictionary<string, string> before = Of(new ScheduleSettings());
        foreach (string flag in new[] { "--schedule", "--step_size", "--warmup_epochs", "--clip_grad_norm" })
        {
            Assert.That(before.Remove(flag), flag);
        }

        Assert.That(ResultOptions.ChangesOf(before, Of(new ScheduleSettings())), Is.Empty);
        Assert.That(ResultOptions.ChangesOf(before, Of(new ScheduleSettings(StepSize: 2)))["--step_size"], Is.EqualTo(new ChangedFlag("1", "2")));
        Assert.That(ResultOptions.ChangesOf(before, Of(new ScheduleSettings(ScheduleKind.Constant)))["--schedule"], Is.EqualTo(new ChangedFlag("step", "constant")));
    }

    [Test]
    public void What_decides_with_one_schedule_only_is_named_with_that_one_only()
    {
        Assert.That(Of(Cosine)["--epochs"], Is.EqualTo("9"));
        Assert.That(Of(MultiStep)["--milestones"], Is.EqualTo("3,6"));
        Assert.That(Of(new ScheduleSettings()).Keys, Has.None.AnyOf("--epochs", "--milestones"));
        AssertRefused(Of(Cosine), Of(Cosine with { Epochs = 10 }), "--epochs was 9 ");
        Assert.That(ResultOptions.ChangesOf(Of(Cosine), Of(MultiStep)).Keys, Is.SupersetOf((string[])["--schedule", "--epochs", "--milestones", "--warmup_epochs"]));
        SortedDictionary<string, string> other = Of(Cosine);
        other["--seed"] = "2";
        AssertRefused(Of(Cosine), other, "--seed was 1 ");
    }

    [Test]
    public void The_digest_of_a_run_says_where_it_changed_its_way()
    {
        SortedDictionary<string, string> options = Of(new ScheduleSettings());
        var branch = new RunBranch(5, new Dictionary<string, ChangedFlag>(StringComparer.Ordinal) { ["--lr"] = new("1", "0.1") });
        string[] digests = [ResultOptions.Digest(options), ResultOptions.Digest(options, [branch]), ResultOptions.Digest(options, [branch with { FromStep = 6 }])];
        Assert.That(digests, Is.Unique);
        Assert.That(ResultOptions.Digest(options, []), Is.EqualTo(digests[0]));
    }

    private static SortedDictionary<string, string> Of(ScheduleSettings schedule)
    {
        RunOptions options = new ClusterOptions { Optimizer = new OptimizerSettings { Schedule = schedule } }.NewContext().Options;
        return ResultOptions.Of(options);
    }

    private static void AssertRefused(SortedDictionary<string, string> before, SortedDictionary<string, string> now, string reason) => Assert.That(
        () => ResultOptions.ChangesOf(before, now), Throws.TypeOf<UserErrorException>().With.Message.StartsWith(reason));
}
