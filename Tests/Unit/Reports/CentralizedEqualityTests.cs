using System.Runtime.InteropServices;
using TraversalLearning.Files;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Reports;

/// <summary>What the report of any study says of centralized training, and of equal bytes.</summary>
public sealed class CentralizedEqualityTests
{
    [Test]
    public void A_run_is_compared_with_centralized_training_of_its_settings_and_repetition()
    {
        using WrittenStudy study = Example();
        study.Report();
        Dictionary<string, (string, string)> differences = ReportedNumbers.OfKind(study.Path, "run")
            .ToDictionary(r => r["run"], r => (r["difference_from_centralized"], r["max_rel_param_diff"]), StringComparer.Ordinal);
        Assert.That(differences["tl-0.1-1"], Is.EqualTo(("0", "0")));
        Assert.That(differences["fedavg-0.1-1"], Is.EqualTo(("-0.25", "0.5")), "centralized training does not take the partition");
        Assert.That(differences["tl-0.2-1"], Is.EqualTo(("0.125", "0.25")), "of the same learning rate");
        Assert.That((differences["centralized-0.1-1"], differences["tl-0.1-2"]), Is.EqualTo(((string.Empty, string.Empty), (string.Empty, string.Empty))));
        Assert.That(Column(study, "as centralized"), Is.EqualTo((string[])["itself", "itself", "equal", "no", "no"]));
        Assert.That(ReportedNumbers.MissingIn(study.Path), Is.Empty);
    }

    [Test]
    public void What_float32_cannot_tell_is_left_open()
    {
        using WrittenStudy study = Example();
        const string Run = "fedavg-0.1-1";
        study.Write(Run, "run.json", File.ReadAllText(study["runs", Run, "run.json"]).Replace("float64", "float32", StringComparison.Ordinal));
        Assert.That(File.ReadAllText(study.Report()), Does.Contain("Float32 cannot tell"));
        Assert.That(Column(study, "as centralized"), Is.EqualTo((string[])["itself", "itself", "equal", "?", "no"]));
        Assert.That(ReportedNumbers.MissingIn(study.Path), Is.Empty);
    }

    [Test]
    public void A_run_whose_model_was_deleted_has_its_measures_alone()
    {
        using WrittenStudy study = Example();
        File.Delete(study["runs", "fedavg-0.1-1", ModelFile.FileName]);
        study.Report();
        Assert.That(Column(study, "as centralized"), Is.EqualTo((string[])["itself", "itself", "equal", "—", "no"]));
        Assert.That(Column(study, "Δ accuracy")[3], Is.EqualTo("-0.2500"));
    }

    [Test]
    public void Models_are_read_once_every_run_has_ended()
    {
        using WrittenStudy study = Example();
        study.Add("fedavg-0.2-1", [("algorithm", "fedavg"), ("lr", "0.2"), ("partition", "iid")], 1, StudyRunState.Queued);
        study.Write("tl-0.1-1", ModelFile.FileName, "damaged");
        Assert.That(File.ReadAllText(study.Report()), Does.Not.Contain("as centralized"));
    }

    [Test]
    public void Groups_are_compared_at_equal_bytes()
    {
        using var study = new WrittenStudy();
        study.AddDone("tl-1", [("algorithm", "tl")], 1, 0.25, 0.5, 0.75);
        study.AddDone("fedavg-1", [("algorithm", "fedavg")], 1, 0.5, 0.625);
        study.Report();
        Assert.That(ReportedNumbers.OfKind(study.Path, "count").Single(r => r["name"] == "equal bytes")["value"], Is.EqualTo("6000008"), "what the cheapest has spent");
        Assert.That(
            ReportedNumbers.OfKind(study.Path, "equal_bytes_mean").Select(r => (r["name"], r["accuracy"], r["epochs"])), Is.EqualTo(((string, string, string)[])[("tl", "0.5", "2"), ("fedavg", "0.625", "2")]));
        Assert.That(ReportedNumbers.MissingIn(study.Path), Is.Empty);

        new StudyRecord("example", "experiment example.yaml", study.Rows) { EqualBytes = 3_000_004 }.Save(study.Path);
        StudyReport.Write(study.Path);
        Assert.That(ReportedNumbers.OfKind(study.Path, "equal_bytes_mean").Select(r => r["epochs"]), Is.EqualTo((string[])["1", "1"]));
    }

    private static WrittenStudy Example()
    {
        var study = new WrittenStudy();
        Add("centralized", "0.1", string.Empty, 1, 0.75, 4);
        Add("centralized", "0.2", string.Empty, 1, 0.5, 8);
        Add("tl", "0.1", "iid", 1, 0.75, 4);
        Add("tl", "0.1", "iid", 2, 0.875, 4);
        Add("fedavg", "0.1", "iid", 1, 0.5, 2);
        Add("tl", "0.2", "iid", 1, 0.625, 6);
        return study;

        void Add(string algorithm, string rate, string partition, int repetition, double accuracy, float parameter)
        {
            string name = $"{algorithm}-{rate}-{repetition}";
            study.AddDone(name, [("algorithm", algorithm), ("lr", rate), ("partition", partition)], repetition, accuracy);
            SafetensorsWriter.Write(study["runs", name, ModelFile.FileName], [new SafetensorsTensor("weight", "F32", [1], MemoryMarshal.AsBytes<float>([parameter]).ToArray())]);
        }
    }

    private static string[] Column(WrittenStudy study, string title)
    {
        System.Xml.Linq.XElement table = ReportedNumbers.Page(study.Path).Descendants("table").First();
        int place = table.Descendants("th").Select(h => h.Value).ToList().IndexOf(title);
        return [.. table.Element("tbody")!.Elements("tr").Select(r => r.Elements().ElementAt(place).Value)];
    }
}
