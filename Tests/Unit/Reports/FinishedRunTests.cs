using System.Text;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Reports.Results;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Reports;

/// <summary>What is read from a run's folder, whole and damaged.</summary>
public sealed class FinishedRunTests
{
    private const string Summary =
        """{"options":{"epochs":2},"options_digest":"d","result":{"accuracy":null,"rmse":0.5,"loss":0.25,"steps":4,"params_sha256":"h","seconds":1.5,"sent_bytes":30,"received_bytes":12}}""";

    private const string Metrics =
        "scope,epoch,batch,step,test_loss,test_accuracy,sent_bytes,received_bytes,test_rmse\nepoch,1,,2,0.5,,10,4,0.75\nstep,2,0,3,,,15,6,\nepoch,2,,4,0.25,,30,12,0.5\n";

    [Test]
    public void Measures_are_those_that_the_run_has()
    {
        using var folder = new TempFolder();
        folder.Write("run.json", Encoding.UTF8.GetBytes(Summary));
        folder.Write("metrics.csv", Encoding.UTF8.GetBytes(Metrics));
        FinishedRun run = FinishedRun.Read(folder.Path)!;
        Assert.That(run.Measures.Select(m => (m.Key, m.Value)), Is.EquivalentTo(((string, double)[])[("rmse", 0.5), ("loss", 0.25)]));
        Assert.That(Measure.Of([run.Measures]).Select(m => m.Name), Is.EqualTo((string[])["rmse", "loss"]), "a regression is judged by its error");
        Assert.That(run.Curve.Select(p => (p.Epoch, p.Bytes, p.Measures["rmse"])), Is.EqualTo(((int, long, double)[])[(1, 14, 0.75), (2, 42, 0.5)]));
    }

    [Test]
    public void A_folder_without_a_summary_holds_no_run_that_has_ended()
    {
        using var folder = new TempFolder();
        Assert.That(FinishedRun.Read(folder.Path), Is.Null);
    }

    [TestCase("", Metrics)]
    [TestCase("{", Metrics)]
    [TestCase("""{"options":{}}""", Metrics)]
    [TestCase(Summary, "")]
    [TestCase(Summary, "scope,epoch,sent_bytes,received_bytes\nepoch,1,2\n")]
    [TestCase(Summary, "scope,epoch,sent_bytes,received_bytes\nepoch,1,2,many\n")]
    public void What_is_damaged_is_named_with_what_to_do(string summary, string metrics)
    {
        using var folder = new TempFolder();
        folder.Write("run.json", Encoding.UTF8.GetBytes(summary));
        folder.Write("metrics.csv", Encoding.UTF8.GetBytes(metrics));
        UserErrorException error = Assert.Throws<UserErrorException>(() => FinishedRun.Read(folder.Path))!;
        Assert.That(error.ExitCode, Is.EqualTo(ExitCode.Data));
        Assert.That(error.Message, Does.Contain(folder.Path).And.Contain("delete"));
    }
}
