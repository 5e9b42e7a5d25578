using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Reports;

/// <summary>The page of a report, of runs that nobody did.</summary>
public sealed class ReportPageTests
{
    private static readonly (string, string)[] Traversal = [("algorithm", "tl"), ("lr", "0.1")];
    private static readonly (string, string)[] Averaging = [("algorithm", "fedavg"), ("lr", "0.1")];

    [Test]
    public void Every_number_of_the_page_is_found_in_the_results()
    {
        using WrittenStudy study = Example();
        study.Report();
        Assert.That(ReportedNumbers.MissingIn(study.Path), Is.Empty);
        Assert.That(ReportedNumbers.Page(study.Path).Descendants("data").Count(), Is.GreaterThan(50), "or nothing was looked at");
    }

    [Test]
    public void A_number_that_is_not_in_the_results_is_noticed()
    {
        using WrittenStudy study = Example();
        string page = File.ReadAllText(study.Report());
        string csv = File.ReadAllText(study["results.csv"]);
        Assert.That(ReportedNumbers.Missing(XElement.Parse(page.Replace("0.8125", "0.8126", StringComparison.Ordinal)[16..]), csv), Is.Not.Empty);
        Assert.That(ReportedNumbers.Missing(XElement.Parse(page[16..]), csv.Replace("abc2def", "abc", StringComparison.Ordinal)), Is.Not.Empty);
    }

    [Test]
    public void Means_and_deviations_are_those_of_the_runs_that_are_done()
    {
        using WrittenStudy study = Example();
        study.Report();
        Dictionary<string, string> mean = ReportedNumbers.OfKind(study.Path, "mean").Single(r => r["set_algorithm"] == "tl");
        Dictionary<string, string> deviation = ReportedNumbers.OfKind(study.Path, "sd").Single(r => r["set_algorithm"] == "tl");
        Assert.That((mean["runs"], mean["accuracy"], mean["bytes"], mean["seconds"]), Is.EqualTo(("2", "0.8125", "6000008", "1.875")), "of 0.75 and 0.875");
        Assert.That(double.Parse(deviation["accuracy"]), Is.EqualTo(0.0883883476483184).Within(1e-12));
        Assert.That(deviation["bytes"], Is.EqualTo("0"));
        Dictionary<string, string> first = ReportedNumbers.OfKind(study.Path, "epoch_mean").First(r => r["set_algorithm"] == "tl");
        Assert.That((first["epoch"], first["accuracy"], first["lr"]), Is.EqualTo(("1", "0.5625", "0.1")));
    }

    [Test]
    public void Runs_that_failed_or_were_halved_or_wait_stand_in_the_tables_and_say_so()
    {
        using WrittenStudy study = Example();
        study.Add("tl-3", Traversal, 3, StudyRunState.Halved, null, 0.25);
        study.Add("tl-4", Traversal, 4, StudyRunState.Queued);
        string page = File.ReadAllText(study.Report());
        Dictionary<string, Dictionary<string, string>> runs = ReportedNumbers.OfKind(study.Path, "run").ToDictionary(r => r["run"], StringComparer.Ordinal);
        Assert.That(runs.Values.Select(r => r["state"]), Is.EqualTo((string[])["done", "done", "failed", "halved", "queued"]));
        Assert.That((runs["fedavg-1"]["failure"], runs["fedavg-1"]["attempts"], runs["fedavg-1"]["accuracy"]), Is.EqualTo(("node 2, \"the\" second, is gone", "3", string.Empty)));
        Assert.That((runs["tl-3"]["accuracy"], runs["tl-3"]["epochs"], runs["tl-3"]["stopped_by"]), Is.EqualTo(("0.25", "1", "halved")), "those of its last epoch");
        Assert.That(ReportedNumbers.OfKind(study.Path, "mean").Single(r => r["set_algorithm"] == "tl")["accuracy"], Is.EqualTo("0.8125"), "they do not change means");
        Assert.That(page, Does.Contain("This study is under way").And.Contain(">halved<").And.Contain("failed: node 2"));
        Assert.That(ReportedNumbers.MissingIn(study.Path), Is.Empty);
    }

    [Test]
    public void A_study_of_which_all_runs_failed_has_a_page()
    {
        using var study = new WrittenStudy();
        study.WriteEvents("tl-1", "run_failed", "\"reason\":\"the disk is full\"");
        study.Add("tl-1", Traversal, 1, StudyRunState.Failed);
        string page = File.ReadAllText(study.Report());
        Assert.That(page, Does.Contain("No run has completed an epoch").And.Contain("the disk is full").And.Not.Contain("<svg"));
        Assert.That(ReportedNumbers.OfKind(study.Path, "run").Single()["failure"], Is.EqualTo("the disk is full"));
        Assert.That(ReportedNumbers.MissingIn(study.Path), Is.Empty);
    }

    [Test]
    public void One_repetition_has_no_deviation()
    {
        using var study = new WrittenStudy();
        study.AddDone("tl-1", Traversal, 1, 0.5, 0.75);
        string page = File.ReadAllText(study.Report());
        Assert.That(page, Does.Not.Contain("</data> ± "));
        Assert.That(ReportedNumbers.OfKind(study.Path, "sd").Single()["accuracy"], Is.Empty);
        Assert.That(ReportedNumbers.MissingIn(study.Path), Is.Empty);
    }

    [Test]
    public void Numbers_that_are_none_are_shown_and_left_out_of_the_results()
    {
        using var study = new WrittenStudy();
        study.AddDone("tl-1", Traversal, 1, 0.5, 0.75);
        study.Write("tl-1", "metrics.csv", "scope,epoch,batch,step,train_loss,test_loss,test_accuracy,lr,seconds,sent_bytes,received_bytes\nepoch,1,,2,Infinity,NaN,0.5,0.1,1,10,20\n");
        string page = File.ReadAllText(study.Report());
        Assert.That(page, Does.Contain(">NaN<").And.Contain(">∞<"));
        Dictionary<string, string> epoch = ReportedNumbers.OfKind(study.Path, "epoch").Single();
        Assert.That((epoch["loss"], epoch["train_loss"], epoch["accuracy"]), Is.EqualTo((string.Empty, string.Empty, "0.5")));
    }

    [Test]
    public void What_people_wrote_stays_text()
    {
        const string Hostile = "<script>alert(1)</script>\"'&]]>--\u0001\ud800";
        using var study = new WrittenStudy();
        study.AddDone("tl-1", [("algorithm", Hostile)], 1, 0.5);
        study.Add("tl-2", [("algorithm", "</style><img src=x>")], 1, StudyRunState.Failed, Hostile);
        study.Report(Hostile);
        XElement page = ReportedNumbers.Page(study.Path);
        Assert.That(page.Descendants("script").Count(), Is.EqualTo(1));
        Assert.That(page.Descendants("img"), Is.Empty);
        Assert.That(page.Descendants("h1").Single().Value, Does.StartWith("<script>alert(1)</script>\"'&]]>--\uFFFD"));
        Assert.That(File.ReadAllText(study[StudyReport.PageName]), Does.Not.Contain("<script>alert").And.Not.Contain("<img"));
        Assert.That(ReportedNumbers.OfKind(study.Path, "run")[1]["failure"], Does.StartWith("<script>alert(1)</script>\"'&]]>--\u0001"), "quoted in the results");
    }

    [Test]
    public void The_page_asks_for_nothing_and_its_policy_allows_its_own_style_and_script_alone()
    {
        using WrittenStudy study = Example();
        string text = File.ReadAllText(study.Report());
        XElement page = ReportedNumbers.Page(study.Path);
        Assert.That(page.DescendantsAndSelf().Attributes().Where(a => a.Name.LocalName is "src" or "href" or "style" or "srcset" || a.Name.LocalName.StartsWith("on", StringComparison.Ordinal)), Is.Empty);
        Assert.That(page.Descendants().Count(e => e.Name.LocalName == "style"), Is.EqualTo(1), "those of pictures are in it");
        string policy = page.Descendants("meta").Single(m => (string?)m.Attribute("http-equiv") == "Content-Security-Policy").Attribute("content")!.Value;
        Assert.That(policy, Does.StartWith("default-src 'none'"));
        foreach (string element in new[] { "style", "script" })
        {
            // As a browser hashes it: the bytes between the tags.
            string content = text.Split($"<{element}>")[1].Split($"</{element}>")[0];
            Assert.That(policy, Does.Contain($"{element}-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(content)))}'"));
        }
    }

    [Test]
    public void Tables_have_captions_and_scopes_and_elements_have_ends()
    {
        using WrittenStudy study = Example();
        string text = File.ReadAllText(study.Report());
        XElement page = ReportedNumbers.Page(study.Path);
        Assert.That(page.Descendants("table").Select(t => t.Element("caption")?.Value), Has.None.Null.And.None.Empty);
        Assert.That(page.Descendants("th").Select(h => (string?)h.Attribute("scope")), Has.All.EqualTo("col").Or.EqualTo("row"));
        foreach (XElement table in page.Descendants("table"))
        {
            int columns = table.Element("thead")!.Element("tr")!.Elements().Count();
            Assert.That(table.Element("tbody")!.Elements("tr").Select(r => r.Elements().Count()), Has.All.EqualTo(columns), table.Element("caption")!.Value);
        }

        Assert.That(Regex.Matches(text, "<(?!meta|circle|rect|line|polyline|polygon)([a-z0-9]+)[^>]*/>", RegexOptions.ExplicitCapture, TimeSpan.FromMinutes(1)).Select(m => m.Value), Is.Empty, "HTML does not know empty elements");
    }

    [Test]
    public void Two_studies_stand_side_by_side_where_their_settings_are_equal()
    {
        using WrittenStudy first = Example();
        using var second = new WrittenStudy();
        second.AddDone("tl-1", Traversal, 1, 0.5, 1.0);
        second.AddDone("split-1", [("algorithm", "split"), ("lr", "0.1")], 1, 0.5, 0.5);
        first.Report();
        second.Report();
        using var output = new TempFolder();
        StudyReport.Write(output.Path, Report.Of(ReportSource.Read(first.Path), ReportSource.Read(second.Path)));
        Assert.That(ReportedNumbers.MissingIn(output.Path), Is.Empty);
        Dictionary<string, string> difference = ReportedNumbers.OfKind(output.Path, "difference").Single();
        Assert.That((difference["set_algorithm"], difference["accuracy"]), Is.EqualTo(("tl", "0.1875")));
        Assert.That(ReportedNumbers.OfKind(output.Path, "study").Select(r => r["study"]), Is.EqualTo((string[])["example A", "example B"]));
        Assert.That(File.ReadAllText(output[StudyReport.PageName]), Does.Contain("Differences: example B less example A").And.Contain(">example B: split<"));
    }

    [Test]
    public void A_study_that_was_moved_is_reported_the_same()
    {
        using WrittenStudy study = Example();
        byte[][] Files() => [.. new[] { "report.html", "results.csv", "results.json" }.Select(f => File.ReadAllBytes(study[f]))];
        study.Report();
        byte[][] before = Files();
        StudyReport.Write(study.Path);
        Assert.That(Files(), Is.EqualTo(before), "made again from the data alone");
    }

    [Test]
    public void Many_groups_are_all_in_the_tables_and_the_best_are_drawn()
    {
        using var study = new WrittenStudy();
        for (int i = 1; i <= ReportCharts.MaxLines + 3; i++)
        {
            study.AddDone($"run-{i}", [("lr", $"0.{i}")], 1, 0.5 + (0.01 * i));
        }

        string page = File.ReadAllText(study.Report());
        XElement chart = ReportedNumbers.Page(study.Path).Descendants().First(e => e.Name.LocalName == "svg");
        Assert.That(chart.Elements().Count(e => (string?)e.Attribute("class") == "s"), Is.EqualTo(ReportCharts.MaxLines));
        Assert.That(chart.Value, Does.Contain("lr 0.15").And.Not.Contain("lr 0.3"), "the best, and not the worst");
        Assert.That(page, Does.Contain("Drawn are the best"));
        Assert.That(ReportedNumbers.MissingIn(study.Path), Is.Empty);
    }

    [TestCase("events.jsonl", "{\"event\":\"run_started\",\"time\":\"2026-01-02T03:04:05.000006Z\"}\nnonsense\n", "line 2")]
    [TestCase("partition.json", "{}", "delete")]
    [TestCase("partition.json", """{"dataset":"d","partition":"p","seed":1,"classes":[0,1],"counts":[[1]]}""", "delete")]
    [TestCase("run.json", "[]", "delete")]
    [TestCase("metrics.csv", "epoch\n", "delete")]
    public void What_is_damaged_is_named_with_what_to_do(string file, string content, string advice)
    {
        using WrittenStudy study = Example();
        study.Write("tl-1", file, content);
        UserErrorException error = Assert.Throws<UserErrorException>(() => study.Report())!;
        Assert.That(error.ExitCode, Is.EqualTo(ExitCode.Data));
        Assert.That(error.Message, Does.Contain(study["runs", "tl-1"]).And.Contain(advice).And.Not.Contain("\n"));
    }

    [Test]
    public void A_line_that_is_being_written_is_no_damage()
    {
        using WrittenStudy study = Example();
        study.Write("fedavg-1", "metrics.csv", "scope,epoch,batch,step,test_loss,sent_bytes,received_bytes\nepoch,1,,2,0.5,10,20\nepoch,2,,4,0.");
        study.Write("fedavg-1", "events.jsonl", "{\"event\":\"run_started\",\"time\":\"2026-01-02T03:04:05.000006Z\",\"step\":0}\n{\"event\":\"no");
        study.Report();
        Assert.That(ReportedNumbers.OfKind(study.Path, "run").Single(r => r["run"] == "fedavg-1")["epochs"], Is.EqualTo("1"));
    }

    [Test]
    public void Faults_are_nodes_that_were_lost_and_interruptions_and_not_the_beginning()
    {
        using var study = new WrittenStudy();
        study.AddDone("tl-1", Traversal, 1, 0.5);
        study.Report();
        Assert.That(Faults(), Is.EqualTo((string[])["node_lost: node 2 was lost: the <cable> was pulled"]));
        File.AppendAllText(study["runs", "tl-1", "events.jsonl"], "{\"event\":\"run_started\",\"time\":\"2026-01-02T03:04:08.000006Z\",\"step\":40}\n");
        study.Report();
        Assert.That(Faults()[^1], Is.EqualTo("resumed: went on from the checkpoint of step 40"));
        Assert.That(ReportedNumbers.OfKind(study.Path, "run").Single()["faults"], Is.EqualTo("2"));

        string[] Faults() => [.. ReportedNumbers.OfKind(study.Path, "fault").Select(r => $"{r["name"]}: {r["value"]}")];
    }

    private static WrittenStudy Example()
    {
        var study = new WrittenStudy();
        study.AddDone("tl-1", Traversal, 1, 0.5, 0.75);
        study.AddDone("tl-2", Traversal, 2, 0.625, 0.875);
        study.Add("fedavg-1", Averaging, 1, StudyRunState.Failed, "node 2, \"the\" second, is gone");
        return study;
    }
}
