{ One sale through the plugin: scan, evaluate, complete, reprint.

    sell http://127.0.0.1:8711 TOKEN [CODE ...]

  Without arguments: STAMMKUNDE_URL and STAMMKUNDE_TOKEN; codes are a card and an article of the
  demo. }
program sell;

{$mode objfpc}{$H+}

uses
  {$ifdef UNIX} cwstring, {$endif}
  SysUtils, DateUtils, fpjson, stammkundetill;

{ The till's own prices: for an article whose scan is late, and for nothing else; 0 = none. }
function OwnPriceMinor(const Code: string): Int64;
begin
  case Code of
    '10001': Result := 7999;
    '10041': Result := 1999;
  else
    Result := 0;
  end;
end;

function Env(const Name, Missing: string): string;
begin
  Result := GetEnvironmentVariable(Name);
  if Result = '' then
    Result := Missing;
end;

function Given(Index: Integer; const Missing: string): string;
begin
  Result := Missing;
  if ParamCount >= Index then
    Result := ParamStr(Index);
end;

{ The wall clock of the shop with its offset: validity and happy hours go by it. }
function ShopTime: string;
var
  Minutes: Integer;
  Sign: Char;
begin
  Minutes := -GetLocalTimeOffset;
  Sign := '+';
  if Minutes < 0 then
    Sign := '-';
  Result := FormatDateTime('yyyy-mm-dd"T"hh:nn:ss', Now)
    + Format('%s%.2d:%.2d', [Sign, Abs(Minutes) div 60, Abs(Minutes) mod 60]);
end;

function NewSaleId: string;
var
  Id: TGUID;
begin
  CreateGUID(Id);
  Result := LowerCase(Copy(GUIDToString(Id), 2, 36));
end;

{ STAMMKUNDE_BUDGETS_MS=100,300,2000: scan, evaluate, complete. }
function OwnBudgets: TBudgets;
var
  Ms: TStringArray;
begin
  Result := UsualBudgets;
  Ms := Env('STAMMKUNDE_BUDGETS_MS', '').Split([',']);
  if Length(Ms) = 3 then
  begin
    Result.ScanMs := StrToInt(Ms[0]);
    Result.EvaluateMs := StrToInt(Ms[1]);
    Result.CompleteMs := StrToInt(Ms[2]);
  end;
end;

function Because(Answer: TJSONObject): string;
begin
  Result := '';
  if Answer.IndexOfName('why') >= 0 then
    Result := Format(' (%s; waited %d of %d ms)', [Answer.Strings['why'],
      Answer.Int64s['waited_ms'], Answer.Int64s['budget_ms']]);
end;

{ What is still on its way to the printer cannot be asked for again. }
function Printed(Till: TStammkundeTill; const Job: string): string;
var
  State: TJSONObject;
  Round: Integer;
begin
  Result := '';
  for Round := 1 to 50 do
  begin
    State := Till.PrintJob(Job);
    Result := State.Get('state', '');
    State.Free;
    if (Result <> 'QUEUED') and (Result <> 'SENDING') then
      Break;
    Sleep(100);
  end;
end;

procedure Reprint(Till: TStammkundeTill; const Job: string);
var
  Again: TJSONObject;
begin
  WriteLn('voucher: job ', Job, ' ', Printed(Till, Job));
  Again := Till.Reprint(Job);
  WriteLn('reprint: job ', Again.Get('job', ''), Because(Again));
  Again.Free;
end;

{ Adds a line of one piece and owns it; the name of an article is for the receipt, no part of the
  line. }
procedure AddPiece(Sale, Line: TJSONObject);
begin
  Line.Delete('name');
  Line.Add('line_id', IntToStr(Sale.Arrays['lines'].Count + 1));
  Line.Add('quantity_milli', 1000);
  Sale.Arrays['lines'].Add(Line);
end;

{ Takes a code into the sale; UnreadCard when it is a card that could not be read now. }
procedure Take(Till: TStammkundeTill; Sale: TJSONObject; const Code: string;
  var UnreadCard: string);
var
  Found: TJSONObject;
  IsLate: Boolean;
  Done: string;
begin
  Found := Till.Scan(Code);
  if Found.IndexOfName('refused') >= 0 then
  begin
    IsLate := Found.Strings['refused'] = 'late';
    Done := 'skipped';
    { 29 and 13 digits is what our cards look like. }
    if IsLate and (Length(Code) = 13) and Code.StartsWith('29') then
    begin
      Done := 'read later';
      UnreadCard := Code;
    end
    else if IsLate and (OwnPriceMinor(Code) > 0) then
    begin
      Done := 'own price';
      AddPiece(Sale, TJSONObject.Create(['sku', Code, 'unit_price_minor', OwnPriceMinor(Code)]));
    end;
    WriteLn('scan ', Code, ': ', Found.Strings['refused'], Because(Found), ', ', Done);
  end
  else
  begin
    WriteLn('scan ', Code, ': ', Found.Strings['kind']);
    if Found.Strings['kind'] = 'card' then
    begin
      Sale.Delete('customer');
      Sale.Add('customer', Found.Objects['customer'].Clone);
    end
    else if Found.Strings['kind'] = 'voucher' then
      Sale.Arrays['codes'].Add(TJSONObject.Create(['code', Found.Strings['code']]))
    else if Found.Strings['kind'] = 'article' then
      AddPiece(Sale, TJSONObject(Found.Objects['line'].Clone));
  end;
  Found.Free;
end;

procedure ShowReceipt(Till: TStammkundeTill; Receipt: TJSONObject);
var
  Answer: TJSONObject;
  Effect: TJSONEnum;
  Kept: string;
begin
  if Receipt.IndexOfName('refused') >= 0 then
    WriteLn('complete: ', Receipt.Strings['refused'], Because(Receipt))
  else if Receipt.IndexOfName('kept') >= 0 then
  begin
    Kept := 'NOT KEPT';
    if Receipt.Booleans['kept'] then
      Kept := 'kept for later';
    WriteLn('complete: ', Receipt.Int64s['total_minor'], ' cents, late, ', Kept, Because(Receipt));
  end
  else
  begin
    WriteLn('complete: ', Receipt.Int64s['total_minor'], ' cents');
    Answer := Till.Answer(Receipt.Strings['sale_id']);
    WriteLn('answer: ', Answer.Get('state', ''));
    Answer.Free;
    for Effect in Receipt.Arrays['effects'] do
      if TJSONObject(Effect.Value).Strings['kind'] = 'print' then
        Reprint(Till, TJSONObject(Effect.Value).Strings['job']);
  end;
end;

procedure Pay(Till: TStammkundeTill; Sale, Evaluation: TJSONObject; const UnreadCard: string);
var
  Charged, Receipt: TJSONObject;
  ChargedMinor, CashMinor: Int64;
begin
  // Vouchers that lower the price are off the receipt; those that pay are a tender of their own.
  ChargedMinor := Evaluation.Int64s['total_minor']
    - Evaluation.Get('voucher_discount_minor', Int64(0));
  CashMinor := Evaluation.Get('payable_minor', ChargedMinor);
  Charged := TJSONObject.Create(['total_minor', ChargedMinor]);
  Charged.Add('tenders', TJSONArray.Create([
    TJSONObject.Create(['tender', 'cash', 'amount_minor', CashMinor])]));
  if Evaluation.IndexOfName('evaluation_id') >= 0 then
    Charged.Add('evaluation_id', Evaluation.Strings['evaluation_id']);
  Receipt := Till.Complete(Sale, Charged, UnreadCard);
  ShowReceipt(Till, Receipt);
  Receipt.Free;
  Charged.Free;
end;

procedure SellBasket(Till: TStammkundeTill; Sale: TJSONObject; const UnreadCard: string);
var
  Evaluation: TJSONObject;
  Effect: TJSONEnum;
begin
  Evaluation := Till.Evaluate(Sale);
  if Evaluation.IndexOfName('refused') >= 0 then
    WriteLn('evaluate: ', Evaluation.Strings['refused'], ', begin a new sale')
  else
  begin
    Write('evaluate: ', Evaluation.Int64s['total_minor'], ' cents');
    if Evaluation.Get('late', False) then
      Write(', late at list price', Because(Evaluation));
    WriteLn;
    for Effect in Evaluation.Arrays['effects'] do
      WriteLn('  ', TJSONObject(Effect.Value).Strings['kind'], ': ',
        TJSONObject(Effect.Value).Get('text', ''));
    Pay(Till, Sale, Evaluation, UnreadCard);
  end;
  Evaluation.Free;
end;

{ Sells what the codes are; says whether there was anything to sell. }
function SellCodes(Till: TStammkundeTill): Boolean;
var
  Sale: TJSONObject;
  Index: Integer;
  UnreadCard: string;
begin
  Sale := TJSONObject.Create(['sale_id', Env('STAMMKUNDE_SALE', NewSaleId), 'at', ShopTime]);
  Sale.Add('lines', TJSONArray.Create);
  Sale.Add('codes', TJSONArray.Create);
  UnreadCard := '';
  if ParamCount > 2 then
    for Index := 3 to ParamCount do
      Take(Till, Sale, ParamStr(Index), UnreadCard)
  else
  begin
    Take(Till, Sale, '2900001000017', UnreadCard);
    Take(Till, Sale, '10001', UnreadCard);
  end;
  Result := Sale.Arrays['lines'].Count > 0;
  if Result then
    SellBasket(Till, Sale, UnreadCard)
  else
    WriteLn('sale: nothing in the basket, not completed');
  Sale.Free;
end;

{ What the service saw of our connection: whether it is kept, whether packets waited. }
procedure ShowConnection(Till: TStammkundeTill);
var
  Health, Seen: TJSONObject;
begin
  Health := Till.Health;
  Seen := TJSONObject(Health.Find('connection', jtObject));
  if Assigned(Seen) then
    WriteLn('connection: ', Seen.Int64s['requests'], ' requests, ', Seen.Int64s['waited_requests'],
      ' waited');
  Health.Free;
end;

var
  Till: TStammkundeTill;
  Health: TJSONObject;
begin
  Till := TStammkundeTill.Create(
    Given(1, Env('STAMMKUNDE_URL', '')), Given(2, Env('STAMMKUNDE_TOKEN', '')),
    Env('STAMMKUNDE_LATE', 'late_receipts.jsonl'), OwnBudgets);
  try
    Health := Till.Health;
    WriteLn('health: ', Health.Get('why', 'ready'));
    Health.Free;
    WriteLn('handed in: ', Till.HandIn);
    if not SellCodes(Till) then
      ExitCode := 1;
    WriteLn('waiting: ', Till.Waiting);
    ShowConnection(Till);
  finally
    Till.Free;
  end;
end.
