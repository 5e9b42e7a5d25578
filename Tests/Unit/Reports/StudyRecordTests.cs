using System.Text;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Reports;

public sealed class StudyRecordTests
{
    [Test]
    public void What_is_saved_is_loaded_also_where_the_folder_was_moved_to()
    {
        using var study = new WrittenStudy();
        StudyRow done = study.AddDone("tl-iid-1", [("algorithm", "tl"), ("partition", "iid")], 1, 0.5, 0.75);
        StudyRow failed = study.Add("fedavg \"quoted\"", [("algorithm", "fedavg"), ("partition", "iid")], 2, StudyRunState.Failed, "it broke,\n\"thus\"") with { Faults = ["node 2 was lost"] };
        StudyRow elsewhere = study.Add("far", [("algorithm", "split"), ("partition", "iid")], 1, StudyRunState.Running) with { Folder = Path.GetFullPath("/somewhere/else") };
        new StudyRecord("a study", "experiment 'a study.yaml'", [done, failed, elsewhere]).Save(study.Path);
        using var moved = new TempFolder();
        File.Copy(StudyRecord.PathIn(study.Path), StudyRecord.PathIn(moved.Path));
        StudyRecord loaded = StudyRecord.Load(moved.Path)!;
        Assert.That((loaded.Name, loaded.Command), Is.EqualTo(("a study", "experiment 'a study.yaml'")));
        Assert.That(loaded.Rows.Select(r => r.Folder), Is.EqualTo((string[])[moved["runs", "tl-iid-1"], moved["runs", "fedavg \"quoted\""], Path.GetFullPath("/somewhere/else")]));
        Assert.That(loaded.Rows.Select(r => r.State), Is.EqualTo((StudyRunState[])[StudyRunState.Done, StudyRunState.Failed, StudyRunState.Running]));
        Assert.That((loaded.Rows[1].Failure, loaded.Rows[1].Attempts, loaded.Rows[1].Worker, loaded.Rows[1].Faults), Is.EqualTo((failed.Failure, 3, "here-1", failed.Faults)));
        Assert.That(loaded.Rows[0].Run.Settings.Select(s => (s.Key, s.Value)), Is.EqualTo(((string, string)[])[("algorithm", "tl"), ("partition", "iid")]), "in their order");
        Assert.That(loaded.Rows[0].Run.Arguments, Is.EqualTo(done.Run.Arguments));
    }

    [Test]
    public void A_folder_without_a_record_has_none()
    {
        using var folder = new TempFolder();
        Assert.That(StudyRecord.Load(folder.Path), Is.Null);
    }

    [TestCase("")]
    [TestCase("{")]
    [TestCase("null")]
    [TestCase("""{"name":"n","command":"c"}""")]
    [TestCase("""{"format":2,"name":"n","command":"c","rows":[]}""")]
    [TestCase("""{"format":1,"name":"n","command":null,"rows":[]}""")]
    [TestCase("""{"format":1,"name":"n","command":"c","rows":[{"run":{"name":"r","settings":{},"repetition":1,"arguments":[]},"state":"lost","folder":"runs/r"}]}""")]
    [TestCase("""{"format":1,"name":"n","command":"c","rows":[{"run":{"name":"r","settings":{},"repetition":1,"arguments":[]},"state":"done"}]}""")]
    public void What_is_damaged_is_named_with_what_to_do(string content)
    {
        using var folder = new TempFolder();
        folder.Write("study.json", Encoding.UTF8.GetBytes(content));
        UserErrorException error = Assert.Throws<UserErrorException>(() => StudyRecord.Load(folder.Path))!;
        Assert.That(error.ExitCode, Is.EqualTo(ExitCode.Data));
        Assert.That(error.Message, Does.Contain(StudyRecord.PathIn(folder.Path)).And.Contain("--resume").And.Not.Contain("\n"));
    }
}
