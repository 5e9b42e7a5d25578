using System.CommandLine;
using TraversalLearning.Orchestration.Commands;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Experiments;

/// <summary><c>list</c> says what the flags take.</summary>
public sealed class ListsTests
{
    [TestCase("losses", "--loss", 3)]
    [TestCase("optimizers", "--optimizer", 4)]
    [TestCase("schedulers", "--schedule", 4)]
    public void Every_name_that_is_listed_is_taken_by_its_flag(string kind, string flag, int least)
    {
        var flags = new RunFlags();
        var root = new RootCommand();
        flags.AddTo(root, FlagUse.Run);
        string[] names = [.. ListCommand.Entries(kind).Select(e => e.Usage).Where(n => n != "asha")];
        Assert.That(names, Has.Length.AtLeast(least));
        foreach (string name in names)
        {
            Assert.That(root.Parse([flag, name]).Errors, Is.Empty, name);
        }
    }

    [Test]
    public void Every_scheduler_of_studies_that_is_listed_is_taken_by_a_study()
    {
        using var folder = new StudyTexts();
        string[] names = [.. ListCommand.Entries("schedulers").Select(e => e.Usage).Except(NamedSchedule.All.Select(s => s.Name), StringComparer.Ordinal)];
        Assert.That(names, Is.Not.Empty);
        Assert.That(names.Select(n => folder.Read($"scheduler: {n}\n").Halving), Is.All.Not.Null);
    }

    [Test]
    public void What_a_loss_is_said_to_take_is_what_it_takes() =>
        Assert.That(ListCommand.Entries("losses"), Does.Contain(("cross_entropy", "class_weights, label_smoothing")).And.Contain(("mse", string.Empty)));
}
